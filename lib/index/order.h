/* order: the numbers of a segment's documents, and the documents by date.
 *
 * Source: docs/formats/index.md, "order".
 * Shape: columns by docid, and a column of docids by (sort date, docid) descending. Memory-mapped.
 * Units: seconds and days since 1970; octets.
 */
#ifndef ORDER_H
#define ORDER_H

#include "err.h"
#include "str.h"

#define ORDER_NO_DAY INT32_MIN

struct order {
	struct str map;
	uint32_t n; /* documents */
};

/* What is known of a document. */
struct order_row {
	int64_t date;  /* that it is sorted by */
	uint64_t size; /* rfc822_size */
	int32_t day;   /* of the Date field, as its sender wrote it, or ORDER_NO_DAY */
};

/* Writes the file (synced). 1 or -1. */
int order_write(const char *path, const struct order_row *rows, uint32_t n, struct err *err);
/* Maps it. 1 or -1 (ERR_BROKEN missing or damaged). */
int order_open(struct order *o, const char *path, struct err *err);
/* Accepts one that is closed or all zero. */
void order_close(struct order *o);
/* The docid at place i (0: newest). */
uint32_t order_at(const struct order *o, uint32_t i);
/* The sort date of a docid, and all that is known of it. */
int64_t order_date(const struct order *o, uint32_t docid);
struct order_row order_row(const struct order *o, uint32_t docid);
/* Sets bit docid - 1 for the documents whose day, or size, lies between the two, both included. A
 * document without a day is in no range. */
void order_mark_days(const struct order *o, int32_t lo, int32_t hi, uint64_t *bits);
void order_mark_sizes(const struct order *o, uint64_t lo, uint64_t hi, uint64_t *bits);

#endif
