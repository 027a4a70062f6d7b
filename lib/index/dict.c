#include "dict.h"

#include "file.h"

#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

#define MAX_FILE ((size_t)1 << 20)

struct dict {
	struct buf bytes;
	ZSTD_CDict *c; /* NULL until somebody writes, as to make it takes milliseconds */
	ZSTD_DDict *d;
};

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

int dict_open(struct dict **out, const char *path, struct err *err)
{
	struct dict *d = *out = err_alloc(sizeof *d);
	buf_init(&d->bytes, MAX_FILE);
	int r = file_load(path, &d->bytes, err);
	if (r == 1 && ZSTD_getDictID_fromDict(d->bytes.p, d->bytes.n) == 0)
		r = err_set(err, ERR_BROKEN, "'%s' is not a dictionary", path);
	if (r == 1 && (d->d = ZSTD_createDDict(d->bytes.p, d->bytes.n)) == NULL)
		r = err_set(err, ERR_BROKEN, "dictionary '%s' is damaged", path);
	if (r < 1)
		dict_close(out);
	return r;
}

void dict_close(struct dict **d)
{
	if (*d == NULL)
		return;
	buf_free(&(*d)->bytes);
	ZSTD_freeCDict((*d)->c);
	ZSTD_freeDDict((*d)->d);
	free(*d);
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
