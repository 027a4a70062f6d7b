#include "order.h"

#include "file.h"
#include "ifile.h"

#include <stdlib.h>

#define ROW 24 /* bytes of all columns */

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

int order_write(const char *path, const struct order_row *rows, uint32_t n, struct err *err)
{
	struct ifile w;
	if (ifile_begin(&w, path, err) < 0)
		return -1;
	struct pair *pairs = err_alloc((n ? n : 1) * sizeof *pairs);
	for (uint32_t i = 0; i < n; i++) {
		pairs[i] = (struct pair){rows[i].date, i + 1};
		ifile_u64(&w, (uint64_t)rows[i].date);
	}
	for (uint32_t i = 0; i < n; i++)
		ifile_u64(&w, rows[i].size);
	for (uint32_t i = 0; i < n; i++)
		ifile_u32(&w, (uint32_t)rows[i].day);
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
	if (o->map.n % ROW != 0 || o->map.n / ROW > UINT32_MAX) {
		order_close(o);
		return err_set(err, ERR_BROKEN, "'%s' is damaged", path);
	}
	o->n = (uint32_t)(o->map.n / ROW);
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

/* The columns, one behind the other. */
static const char *sizes(const struct order *o)
{
	return o->map.p + 8 * (size_t)o->n;
}

static const char *days(const struct order *o)
{
	return o->map.p + 16 * (size_t)o->n;
}

uint32_t order_at(const struct order *o, uint32_t i)
{
	return ifile_get32(o->map.p + 20 * (size_t)o->n + 4 * (size_t)i);
}

int64_t order_date(const struct order *o, uint32_t docid)
{
	return (int64_t)ifile_get64(o->map.p + 8 * (size_t)(docid - 1));
}

struct order_row order_row(const struct order *o, uint32_t docid)
{
	size_t i = docid - 1;
	return (struct order_row){order_date(o, docid), ifile_get64(sizes(o) + 8 * i),
				  (int32_t)ifile_get32(days(o) + 4 * i)};
}

void order_mark_days(const struct order *o, int32_t lo, int32_t hi, uint64_t *bits)
{
	const char *p = days(o);
	for (size_t i = 0; i < o->n; i++) {
		int32_t day = (int32_t)ifile_get32(p + 4 * i);
		bool yes = day != ORDER_NO_DAY && lo <= day && day <= hi;
		bits[i / 64] |= (uint64_t)yes << (i % 64);
	}
}

void order_mark_sizes(const struct order *o, uint64_t lo, uint64_t hi, uint64_t *bits)
{
	const char *p = sizes(o);
	for (size_t i = 0; i < o->n; i++) {
		uint64_t size = ifile_get64(p + 8 * i);
		bits[i / 64] |= (uint64_t)(lo <= size && size <= hi) << (i % 64);
	}
}
