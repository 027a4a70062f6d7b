#define _POSIX_C_SOURCE 200809L
#include "dict.h"

#include "file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zdict.h>
#include <zstd.h>

#define MAX_FILE ((size_t)1 << 20)

struct dict {
	struct dict *next;
	unsigned users;
	struct stat file; /* that it was read from */
	struct buf bytes;
	ZSTD_CDict *c; /* NULL until somebody writes, as to make it takes milliseconds */
	ZSTD_DDict *d;
};

/* All that are open: each segment of each handle wants one. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct dict *open_ones;

int dict_train(const void *samples, const size_t *sizes, unsigned n, const char *path,
	       struct err *err)
{
	char *p = err_alloc(DICT_BYTES);
	size_t got = ZDICT_trainFromBuffer(p, DICT_BYTES, samples, sizes, n);
	int r = 0;
	if (!ZDICT_isError(got))
		r = file_replace(path, (struct str){p, got}, err);
	free(p);
	return r;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void free_dict(struct dict *d)
{
	buf_free(&d->bytes);
	ZSTD_freeCDict(d->c);
	ZSTD_freeDDict(d->d);
	free(d);
}

static int load(struct dict **out, const char *path, struct err *err)
{
	struct dict *d = err_alloc(sizeof *d);
	buf_init(&d->bytes, MAX_FILE);
	int r = file_load(path, &d->bytes, err);
	if (r == 1 && ZSTD_getDictID_fromDict(d->bytes.p, d->bytes.n) == 0)
		r = err_set(err, ERR_BROKEN, "'%s' is not a dictionary", path);
	if (r == 1 && (d->d = ZSTD_createDDict(d->bytes.p, d->bytes.n)) == NULL)
		r = err_set(err, ERR_BROKEN, "dictionary '%s' is damaged", path);
	if (r == 1)
		*out = d;
	else
		free_dict(d);
	return r;
}

int dict_open(struct dict **out, const char *path, struct err *err)
{
	struct stat st;
	int r = 1;
	*out = NULL;
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, ERR_BROKEN, "cannot read '%s'", path);
	pthread_mutex_lock(&lock);
	struct dict *d = open_ones;
	while (d && !same_file(&d->file, &st))
		d = d->next;
	if (d == NULL && (r = load(&d, path, err)) == 1) {
		d->file = st;
		d->next = open_ones;
		open_ones = d;
	}
	if (r == 1)
		d->users++;
	pthread_mutex_unlock(&lock);
	*out = r == 1 ? d : NULL;
	return r;
}

void dict_close(struct dict **d)
{
	struct dict **at = &open_ones;
	if (*d == NULL)
		return;
	pthread_mutex_lock(&lock);
	if (--(*d)->users == 0) {
		while (*at != *d)
			at = &(*at)->next;
		*at = (*d)->next;
		free_dict(*d);
	}
	pthread_mutex_unlock(&lock);
	*d = NULL;
}

const void *dict_for_writing(struct dict *d)
{
	if (d->c == NULL)
		d->c = ZSTD_createCDict(d->bytes.p, d->bytes.n, DICT_LEVEL);
	if (d->c == NULL)
		err_die("out of memory");
	return d->c;
}

const void *dict_for_reading(const struct dict *d)
{
	return d->d;
}

unsigned dict_id(const struct dict *d)
{
	return ZSTD_getDictID_fromDDict(d->d);
}
