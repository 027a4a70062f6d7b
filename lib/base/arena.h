/* arena: memory of one unit of work (a message, a query, a request) that dies together.
 *
 * Memory: everything is zeroed and lives until arena_free or arena_reset.
 * Limits: none of its own; callers limit their input.
 */
#ifndef ARENA_H
#define ARENA_H

#include "str.h"

struct arena_block;

struct arena {
	struct arena_block *last;
	size_t used; /* bytes handed out since the start or the last reset */
};

/* n zeroed bytes, aligned for anything. Never NULL. An all-zero arena is ready for use. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy of s, NUL-terminated behind its end. */
struct str arena_str(struct arena *a, struct str s);
/* The same with A to Z made lower. */
struct str arena_lower(struct arena *a, struct str s);
/* A formatted string, NUL-terminated behind its end. */
struct str arena_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Grows an array of `size`-byte items to hold one more than n; capacities are powers of two.
 * Returns the (perhaps moved) array; items 0..n-1 are kept. */
void *arena_grow(struct arena *a, void *items, size_t n, size_t size);
/* Gives everything back; reset keeps one block for the next unit of work. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
