#include "dict.h"

#include "file.h"

#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

#define MAX_FILE ((size_t)1 << 20)

struct dict {
	ZSTD_CDict *c;
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
	struct buf b;
	*out = NULL;
	buf_init(&b, MAX_FILE);
	int r = file_load(path, &b, err);
	if (r == 1 && ZSTD_getDictID_fromDict(b.p, b.n) == 0)
		r = err_set(err, ERR_BROKEN, "'%s' is not a dictionary", path);
	if (r == 1) {
		struct dict *d = *out = err_alloc(sizeof *d);
		d->c = ZSTD_createCDict(b.p, b.n, DICT_LEVEL);
		d->d = ZSTD_createDDict(b.p, b.n);
		if (d->c == NULL || d->d == NULL) {
			dict_close(out);
			r = err_set(err, ERR_BROKEN, "dictionary '%s' is damaged", path);
		}
	}
	buf_free(&b);
	return r;
}

void dict_close(struct dict **d)
{
	if (*d == NULL)
		return;
	ZSTD_freeCDict((*d)->c);
	ZSTD_freeDDict((*d)->d);
	free(*d);
	*d = NULL;
}

const void *dict_for_writing(const struct dict *d)
{
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
