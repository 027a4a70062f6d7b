/* tagged: which messages have the tags a query names.
 *
 * What: for each TAG leaf the numbers of its messages, as they are when the query begins; the
 *   planner marks them, the matcher looks among them, so the answer is the same either way.
 * Shape: one for a read handle. Lists are kept as long as their tag does not change.
 * Memory: what a query gets lives in its arena.
 */
#ifndef TAGGED_H
#define TAGGED_H

#include "match.h"
#include "tag.h"

struct tagged;

/* Fills in the leaves of a tree. *kept begins as NULL; free it with tagged_close. 1 or -1. */
int tagged_resolve(struct tagged **kept, struct archive *ar, struct match_tree *tree,
		   struct err *err);
/* The names of a message's tags, sorted, in the arena. 1 or -1. */
int tagged_names(struct tagged **kept, struct archive *ar, struct arena *a,
		 const unsigned char hash[HASH_BYTES], struct tag_names *out, struct err *err);
/* Of each of n tags: how many of its messages are in a set of numbers. 1 or -1. */
struct tagged_tally {
	const struct tag *tags;
	size_t n;
	const struct bits *of;
	uint64_t *counts; /* out */
};
int tagged_count(struct tagged **kept, struct archive *ar, const struct tagged_tally *t,
		 struct err *err);
void tagged_close(struct tagged **kept);
/* Is a message among those of a leaf? */
bool tagged_has(const struct match_leaf *leaf, uint64_t number);

#endif
