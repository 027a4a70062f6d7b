/* explain: what a query did, as text for people. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "arena.h"

/* What a query came to. */
struct query_step {
	struct str leaf;
	uint64_t docs, maybe, sure; /* of docs looked at */
	double ms;
};
struct query_account {
	struct str tree;
	bool no_index;
	uint64_t segments, segments_left, by_scope; /* by_scope: the catalog alone chose */
	uint64_t docs, candidates, sure, passed, judged, parsed, scanned, hits;
	double ms_open, ms_plan, ms_scan, ms_judge, ms_fetch, ms_snippets;
	const struct query_step *leaves;
	size_t n_leaves;
};
/* How many hits there may be. */
struct query_estimate {
	uint64_t least, most, likely;
};
/* Some lines, in the arena. */
struct str explain_text(struct arena *a, const struct query_account *x);

#endif
