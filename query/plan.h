/* plan: what an index segment says of a query without looking at a message.
 *
 * What: for each leaf and for the tree two sets of documents: `maybe` holds every document
 *   that the answer holds and perhaps more; `sure` holds only such as the answer holds.
 *   Between them the matcher judges.
 * Source: docs/search.md, "How the index helps"; terms after lib/index/schema.h.
 * Shape: AND and OR work on both sets; NOT swaps them, inverted. A set that would cost more
 *   than it saves, or that nothing proves, is left at everything (maybe) and nothing (sure).
 * Memory: sets are malloc'ed and freed with the plan of the segment.
 */
#ifndef PLAN_H
#define PLAN_H

#include "bits.h"
#include "match.h"
#include "setcache.h"

/* Of so many leaves at most the sets are kept, for the matcher to use. */
#define PLAN_MAX_KEPT 64

struct plan_sets {
	struct bits maybe, sure;
	struct bits head; /* TEXT: may have it in a header; all-zero: not known */
	struct bits body; /* TEXT: the same of bodies, but for those that are sure */
};

/* Messages that the catalog selects: several lists, each ascending. */
struct plan_numbers {
	const uint32_t **list;
	size_t *n;
	size_t lists;
	const uint32_t *other; /* with a copy that the leaf does not select */
	size_t n_other;
	bool has_other;        /* is `other` known? */
	bool asked;
};

/* A query's planner: what is the same for all segments, and sums for explaining. */
struct plan {
	struct archive *ar;
	struct halt *halt;      /* or NULL; for the caller to set */
	struct setcache *kept;  /* the same */
	const struct match_tree *tree;
	struct str *keys;             /* leaf: what it is called there */
	bool *wanted;                 /* leaf: is its maybe set any use (not under NOT)? */
	struct plan_numbers *numbers; /* by leaf that judges copies */
	struct plan_numbers scope;    /* messages with a copy in scope */
	uint64_t docs, candidates, sure;
	uint64_t segments, by_scope;  /* planned; of these by mailboxes and accounts alone */
	struct plan_leaf *sums;       /* by leaf */
};

/* What a leaf came to in the segments planned so far. */
struct plan_leaf {
	uint64_t docs, maybe, sure; /* of so many documents looked at */
	uint64_t ns;
};

/* One segment's answer. */
struct plan_segment {
	struct plan_sets tree;
	struct plan_sets *leaves;    /* by leaf; all-zero: not known */
	struct bits lost;            /* quarantined: not to be parsed without care */
	size_t n_leaves;
};

/* Memory of the planner itself is in the scope's arena. 1 or -1. */
int plan_open(struct plan *p, struct archive *ar, const struct match_tree *tree, struct err *err);
/* Plans one segment. Free with plan_release. 1 or -1 (ERR_LATER: halted). */
int plan_run(struct plan *p, struct iseg *seg, struct plan_segment *out, struct err *err);
void plan_release(struct plan_segment *s);
/* Marks the documents of a segment that have a copy in the query's scope. */
void plan_mark_scope(const struct plan *p, const struct iseg *seg, struct bits *out);

#endif
