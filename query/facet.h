/* facet: what the hits of a query have in common, counted.
 *
 * What: senders, recipients, the senders' domains, accounts, mailboxes, years, months, sizes, types
 *   and kinds of attachments, flags: of each the values that most hits have. Every hit is counted,
 *   none is estimated; when time is up, what was counted so far is told.
 * Shape: one pass over the hits, in the order of the archive, and the index's columns (column.h);
 *   one over the catalog for what is known of copies.
 * Memory: the distinct values, until the answer stands in the arena.
 */
#ifndef FACET_H
#define FACET_H

#include "query.h"

enum facet_kind {
	FACET_SENDERS, FACET_RECIPIENTS, FACET_DOMAINS, FACET_TYPES, /* by names */
	FACET_ACCOUNTS, FACET_MAILBOXES, FACET_FLAGS,                /* by copies */
	FACET_ATTACHMENTS, /* kinds, by the names that has: takes; the first is any attachment */
	FACET_YEARS, FACET_MONTHS, FACET_SIZES, FACET_KINDS
};

struct facet_value {
	struct str name;      /* of a mailbox; sizes: "" */
	struct str account;   /* mailboxes */
	uint64_t count;       /* messages */
	uint64_t least, below; /* sizes: so many octets at least, and fewer than that (0: no end) */
};

struct facets {
	const struct facet_value *values[FACET_KINDS]; /* most messages first; months, years, sizes
							* by themselves, ascending */
	size_t n[FACET_KINDS];
	uint64_t distinct[FACET_KINDS]; /* how many values there are */
	uint64_t hits;
	bool whole; /* false: time was up; each count is at least that */
};

/* "senders", "recipients", … */
extern const char *const facet_names[FACET_KINDS];
/* The kinds of attachments: "attachment" (any), "pdf", … */
enum { FACET_HAS = 12 };
extern const char *const facet_has[FACET_HAS];
/* Counts the hits of a query that was opened bare and QUERY_UNSORTED; at most `top` values of each
 * kind that has no end. 1 or -1. */
int facet_count(struct query *q, struct arena *a, size_t top, struct facets *out, struct err *err);

#endif
