/* uidset: sets of UIDs.
 *
 * Shape: ascending, each once, after uidset_sort (adding in order keeps it sorted). Packed as
 *   pairs (gap, run) of pack_u64 numbers.
 * Limits: UIDSET_MAX UIDs.
 * Memory: on the heap until uidset_free.
 */
#ifndef UIDSET_H
#define UIDSET_H

#include "buf.h"

#define UIDSET_MAX ((size_t)16 << 20)

struct uidset {
	uint32_t *p;
	size_t n, cap;
	bool unsorted;
};

/* Adds one. 1; 0: the set is full. */
int uidset_add(struct uidset *s, uint32_t uid);
/* Puts them in order, each once. */
void uidset_sort(struct uidset *s);
/* Position of uid in a sorted set, or -1. */
ptrdiff_t uidset_find(const struct uidset *s, uint32_t uid);
/* Does a sorted set hold a UID between a and b, both excluded? */
bool uidset_between(const struct uidset *s, uint32_t a, uint32_t b);
/* Adds to *out the UIDs of a that are not in b (both sorted). */
void uidset_minus(const struct uidset *a, const struct uidset *b, struct uidset *out);
/* Appends "1:5,7" to *out: ranges over the first of n ascending UIDs, none of which spans a UID
 * of `avoid`, as long as *out stays within `max` bytes. Returns how many UIDs it covers. */
size_t uidset_ranges(const uint32_t *uids, size_t n, const struct uidset *avoid, size_t max,
		     struct buf *out);
/* Adds to *out the UIDs of a sorted set that stand in "1:5,7"; *n_out is how many UIDs the text
 * names, whether in the set or not. 1; 0: malformed. */
int uidset_within(const struct uidset *of, struct str ranges, struct uidset *out,
		  uint64_t *n_out);
/* Adds the UIDs that "1:5,7" names. 1; 0: malformed, or the set would have more than `most`. */
int uidset_parse(struct str ranges, size_t most, struct uidset *out);
/* Packed form of n ascending UIDs, appended to *out. */
void uidset_pack(const uint32_t *uids, size_t n, struct buf *out);
/* Adds the UIDs of a packed set. 1; 0: malformed, or too many. */
int uidset_unpack(struct str packed, struct uidset *s);
/* Empties it and gives the memory back. */
void uidset_free(struct uidset *s);

#endif
