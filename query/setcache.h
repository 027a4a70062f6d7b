/* setcache: what the planner found of leaves before, by segment.
 *
 * What: a segment never changes, so what it says of a leaf can be kept. A page and its total ask
 *   for the same leaves, as do the next page and whoever types one more word.
 * Shape: the newest sets, least recently used first to go; a set with few members is kept as a
 *   list. It belongs to a read handle.
 * Limits: SETCACHE_ENTRIES leaves, of SETCACHE_BYTES in all.
 */
#ifndef SETCACHE_H
#define SETCACHE_H

#include "bits.h"
#include "str.h"

enum { SETCACHE_ENTRIES = 256, SETCACHE_BYTES = 4 << 20, SETCACHE_SETS = 4 };

struct setcache;

/* Empty. */
struct setcache *setcache_new(void);
/* Accepts NULL. */
void setcache_free(struct setcache **c);
/* Forgets everything: another generation has other segments of the same names. */
void setcache_clear(struct setcache *c);
/* A segment, by its first and last message, and what names the leaf, whatever it is. */
struct setcache_key {
	uint64_t first, last;
	struct str leaf;
};
/* Overwrites the caller's n sets, which are of the segment's size (or all-zero: made when there is
 * one to put there). Were they kept? */
bool setcache_get(struct setcache *c, const struct setcache_key *key, struct bits *const *sets,
		  size_t n);
/* Keeps copies of n sets, SETCACHE_SETS at most. */
void setcache_put(struct setcache *c, const struct setcache_key *key, struct bits *const *sets,
		  size_t n);

#endif
