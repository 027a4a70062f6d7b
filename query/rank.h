/* rank: the hits of a query by relevance, one at a time.
 *
 * What: the same hits as run.h finds, in another order. Candidates of all segments are weighed by
 *   what terms say (weigh.h). Of the best RANK_TRIED those that the matcher agrees to, at most
 *   RANK_READ, are then read and weighed in full, and come first; behind them the others as they
 *   were weighed. Equal ones stand newest first.
 * Source: docs/search.md, "Order".
 * Shape: a cursor. Nothing is given out before the best are read.
 *   A place is text: order, messages that the statistics and the answer end with, then where the
 *   last hit stood. So what comes in later changes nothing on the next page.
 * Errors: as run.h.
 * Memory: 24 bytes for each candidate; bitmaps of all segments.
 */
#ifndef RANK_H
#define RANK_H

#include "run.h"

#define RANK_READ 100
#define RANK_TRIED 250

/* Where a hit stands. */
struct rank_place {
	bool behind; /* those that were read */
	int64_t score, date;
	uint64_t number;
};

struct rank_options {
	struct iseg *segs;   /* open, ascending; they, plan and matcher stay the caller's */
	size_t n_segs;
	struct plan *plan;   /* its tree is ranked */
	struct match *match;
	struct run_options run; /* what is not indexed, masked, when to stop */
	bool recent;         /* newer ones count for more */
	bool has_after;
	struct rank_place after;
	uint64_t counted_to; /* statistics are of messages up to this */
	uint64_t found_to;   /* and hits of those up to this */
};
/* Reads the place out of rank_cursor's text. 1; 0: it is none of that order. */
int rank_read(struct str text, struct rank_options *out);

struct rank;

/* What lives as long as the query is in the arena of its scope. */
void rank_open(struct rank **out, const struct rank_options *o);
/* Accepts NULL. */
void rank_close(struct rank **r);
/* As run_next. */
int rank_next(struct rank *r, bool counting, struct run_hit *out, struct err *err);
/* Plans all segments, for an estimate. 1 or -1. */
int rank_plan_all(struct rank *r, struct err *err);
struct run_stats rank_stats(const struct rank *r);
/* Where the last hit stood, in the arena; "" before the first. */
struct str rank_cursor(const struct rank *r, struct arena *a);

#endif
