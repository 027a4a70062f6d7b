/* ask: a search as HTTP requests it, for JSON and pages alike.
 *
 * Shape: begin, next …, finish, end. Hits come one at a time; the page ends when `limit` hits
 *   or ASK_PAGE_BYTES of them are out, and then `next` says where to go on.
 * Limits: ASK_MAX_LIMIT, ASK_PAGE_BYTES.
 * Errors: ERR_INPUT unknown or bad parameters and queries; those of query.h.
 */
#ifndef ASK_H
#define ASK_H

#include "call.h"

enum { ASK_LIMIT = 50, ASK_MAX_LIMIT = 500, ASK_PAGE_BYTES = 16 << 20 };

struct ask {
	struct call *call;
	struct qdb *db;
	struct query_options options;
	struct str text;        /* q */
	uint64_t limit;
	bool exact;             /* total=exact */
	bool blank;             /* no q at all */
	struct query *query;
	struct arena hit;
	uint64_t seen;          /* hits on the pages before this one */
	uint64_t n;             /* hits on this page so far */
	size_t bytes;
	bool ended;             /* there is nothing behind the last hit */
	struct str next;        /* "" when there is no further page */
	uint64_t started_us;
};

struct ask_summary {
	uint64_t total;
	bool exact;             /* else there are at least `total` */
	uint64_t not_fully;     /* messages that could not be searched fully */
	uint64_t indexed_to, stored_to;
	double took_ms;
};

/* Reads the parameters q dialect account mailbox limit cursor sort total copies. 1 or -1. */
int ask_read(struct ask *k, struct call *c, struct err *err);
/* Opens the query. 1 or -1; ask_end in any case. */
int ask_begin(struct ask *k, struct err *err);
/* The next hit of the page, good until the next call. 1; 0 the page is full; -1. */
int ask_next(struct ask *k, struct query_hit *out, struct err *err);
/* Counts, when ask_next has returned 0. 1 or -1. */
int ask_finish(struct ask *k, struct ask_summary *out, struct err *err);
void ask_end(struct ask *k);

#endif
