/* run: the hits of a query in order, one at a time.
 *
 * What: walks the segments by date at once (a merge over their order files), plans a segment
 *   when its first document could be next, and shows candidates to the matcher. Messages that
 *   have no index (or all, when it is not to be used) are shown to the matcher first, and what it
 *   found of them is sorted.
 * Shape: a cursor; what it gives out lives until the next call.
 * Memory: bitmaps of the segments under way; 16 bytes for each hit without an index.
 */
#ifndef RUN_H
#define RUN_H

#include "match.h"
#include "plan.h"

enum run_sort { RUN_NEWEST, RUN_OLDEST, RUN_NUMBER };

/* Where a hit stands in the order. */
struct run_key {
	int64_t date;
	uint64_t number;
};

struct run_options {
	enum run_sort sort;
	bool no_index;
	bool dateless; /* RUN_NUMBER without index: leave key.date 0, parse nothing for it */
	bool has_after;
	struct run_key after; /* only what stands behind this */
	const uint32_t *masked; /* messages shown to nobody, ascending */
	size_t n_masked;
	uint64_t tail_from, tail_to; /* messages behind the index to be shown to the matcher */
	uint64_t tail_until_ms; /* no longer than until then, 0: to the end */
	struct halt *halt;
};

struct run_hit {
	struct run_key key;
	struct iseg *seg; /* NULL: no index */
	const struct archive_copy *copies;
	size_t n_copies;
};

struct run_stats {
	uint64_t passed;          /* candidates of the index gone through, proved ones included */
	uint64_t judged, parsed, hits, scanned;
	uint64_t judged_yes;      /* hits among the candidates that were judged */
	uint64_t found;           /* hits among the scanned, behind the cursor */
	uint64_t scanned_to;      /* the highest message that is searched */
	uint64_t segments_left;   /* of which not even the candidates are known */
	double ms_plan, ms_scan;
	bool has_back;            /* everything up to back was looked at, in the query's order */
	struct run_key back;
};
enum { RUN_PAUSED = 2 };

struct run;

/* Over n open segments, ascending, which stay the caller's; as do plan and matcher. */
void run_open(struct run **out, struct iseg *segs, size_t n, struct plan *plan, struct match *m,
	      const struct run_options *o);
void run_close(struct run **r);
/* The next hit. counting: without its copies where these need not be judged. 1; 0 end;
 * RUN_PAUSED: the pause that the halt asked for; go on; -1 (ERR_LATER: halted; what was found
 * until then was right, and run_stats says how far it goes). */
int run_next(struct run *r, bool counting, struct run_hit *out, struct err *err);
/* From now on only the number of hits matters: run_next may pass over proved ones, which are told
 * here: how many since the last call. */
uint64_t run_count(struct run *r);
/* Plans all segments that are left, for an estimate. 1 or -1. */
int run_plan_all(struct run *r, struct err *err);
/* What was done so far. */
struct run_stats run_stats(const struct run *r);
/* INTERNALDATE of the message's first copy, 0 when it has none: the sort date of a message
 * without a usable Date. 1 or -1. */
int run_arrival(struct archive *ar, uint64_t number, int64_t *out, struct err *err);

#endif
