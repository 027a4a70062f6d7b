/* bits: sets of documents of one index segment, as bitmaps.
 *
 * Memory: a set owns its words until bits_free, which accepts an all-zero set.
 */
#ifndef BITS_H
#define BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
	uint64_t *w;
	size_t n; /* bits */
};

/* A new empty set of n. */
struct bits bits_new(size_t n);
/* A new set with the same members. */
struct bits bits_copy(const struct bits *b);
void bits_free(struct bits *b);
/* All of them; all but those that were. */
void bits_fill(struct bits *b);
void bits_invert(struct bits *b);
/* b becomes the intersection, the union; the two have the same n. */
void bits_and(struct bits *b, const struct bits *x);
void bits_or(struct bits *b, const struct bits *x);
void bits_set(struct bits *b, size_t i);
void bits_unset(struct bits *b, size_t i);
bool bits_has(const struct bits *b, size_t i);
/* The first member that is not below i, or b->n. */
size_t bits_next(const struct bits *b, size_t i);
/* How many members. */
size_t bits_count(const struct bits *b);

#endif
