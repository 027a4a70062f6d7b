#include "order.h"

#include "file.h"
#include "ifile.h"

#include <stdlib.h>

struct pair {
	int64_t date;
	uint32_t docid;
};

/* Newest first; of one date, the later arrival first. */
static int newer(const void *va, const void *vb)
{
	const struct pair *a = va, *b = vb;
	if (a->date != b->date)
		return a->date > b->date ? -1 : 1;
	return a->docid > b->docid ? -1 : a->docid < b->docid;
}

int order_write(const char *path, const int64_t *dates, uint32_t n, struct err *err)
{
	struct ifile w;
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	struct pair *pairs = err_alloc((n ? n : 1) * sizeof *pairs);
	for (uint32_t i = 0; i < n; i++) {
		pairs[i] = (struct pair){dates[i], i + 1};
		ifile_u64(&w, (uint64_t)dates[i]);
	}
	qsort(pairs, n, sizeof *pairs, newer);
	for (uint32_t i = 0; i < n; i++)
		ifile_u32(&w, pairs[i].docid);
	free(pairs);
	return ifile_end(&w, path, err);
}

int order_open(struct order *o, const char *path, struct err *err)
{
	*o = (struct order){{"", 0}, 0};
	int r = file_map(path, &o->map, err);
	if (r <= 0)
		return r < 0 ? -1 : err_set(err, ERR_BROKEN, "'%s' is missing", path);
	if (o->map.n % 12 != 0 || o->map.n / 12 > UINT32_MAX) {
		order_close(o);
		return err_set(err, ERR_BROKEN, "'%s' is damaged", path);
	}
	o->n = (uint32_t)(o->map.n / 12);
	for (uint32_t i = 0; i < o->n; i++)
		if (order_at(o, i) == 0 || order_at(o, i) > o->n) {
			order_close(o);
			return err_set(err, ERR_BROKEN, "'%s' is damaged", path);
		}
	return 1;
}

void order_close(struct order *o)
{
	file_unmap(&o->map);
	o->n = 0;
}

uint32_t order_at(const struct order *o, uint32_t i)
{
	return ifile_get32(o->map.p + 8 * (size_t)o->n + 4 * (size_t)i);
}

int64_t order_date(const struct order *o, uint32_t docid)
{
	return (int64_t)ifile_get64(o->map.p + 8 * (size_t)(docid - 1));
}
