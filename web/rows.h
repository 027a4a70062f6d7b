/* rows: the list of messages, as a table whose columns sort.
 *
 * Shape: rows_make keeps of a hit what its row shows, rows_head … rows_write … rows_foot write the
 *   table. rows_sort orders rows that were made.
 * Limits: what a row shows is cut (ROWS_TEXT bytes each).
 * Memory: rows live in the request's arena.
 */
#ifndef ROWS_H
#define ROWS_H

#include "call.h"
#include "markup.h"
#include "state.h"

enum { ROWS_TEXT = 400, ROWS_BOXES = 3 };

struct row {
	char id[HASH_HEX + 1];
	struct str from, to, subject, snippet;
	struct query_tags tags;
	const struct snippet_mark *marks; /* in the snippet */
	size_t n_marks;
	bool hidden;            /* the snippet is of text that HTML hides */
	struct str found;       /* in which texts, "" when nothing was looked for */
	bool others;            /* it went to more than `to` */
	struct str exact, date; /* exact "": it has no date */
	int64_t sort_date;
	uint64_t size;
	size_t files;
	bool partly;            /* not fully searchable */
	struct {
		struct str account, mailbox;
	} boxes[ROWS_BOXES];
	size_t n_boxes, more_boxes;
	struct str key;         /* what rows_sort goes by: */
	uint64_t weight;        /* then this */
};

/* 1 or -1. */
int rows_make(struct call *c, const struct query_hit *h, struct row *out, struct err *err);
/* Orders rows by from, subject or size, as the state has it. */
void rows_sort(struct arena *a, struct row *rows, size_t n, const struct state *s);
/* The table's beginning, a row, the table's end. */
void rows_head(struct markup *m, const struct state *s);
void rows_write(struct markup *m, const struct state *s, const struct row *r);
void rows_foot(struct markup *m);

#endif
