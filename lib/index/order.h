/* order: the documents of a segment by date.
 *
 * Shape: file of 8-byte little-endian sort dates by docid, then 4-byte docids by (date, docid)
 *   descending. Memory-mapped.
 */
#ifndef ORDER_H
#define ORDER_H

#include "err.h"
#include "str.h"

struct order {
	struct str map;
	uint32_t n; /* documents */
};

/* Writes the file (synced). 1 or -1. */
int order_write(const char *path, const int64_t *dates, uint32_t n, struct err *err);
/* Maps it. 1 or -1 (ERR_BROKEN missing or damaged). */
int order_open(struct order *o, const char *path, struct err *err);
/* Accepts one that is closed or all zero. */
void order_close(struct order *o);
/* The docid at place i (0: newest), and the date of a docid. */
uint32_t order_at(const struct order *o, uint32_t i);
int64_t order_date(const struct order *o, uint32_t docid);

#endif
