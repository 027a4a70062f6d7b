#include "bits.h"

#include "err.h"

#include <stdlib.h>
#include <string.h>

static size_t words(size_t n)
{
	return (n + 63) / 64;
}

struct bits bits_new(size_t n)
{
	return (struct bits){err_alloc(words(n) * sizeof(uint64_t)), n};
}

struct bits bits_copy(const struct bits *b)
{
	struct bits r = bits_new(b->n);
	memcpy(r.w, b->w, words(b->n) * sizeof *b->w);
	return r;
}

void bits_free(struct bits *b)
{
	free(b->w);
	*b = (struct bits){0};
}

/* Bits behind the last stay clear, so that counting is plain. */
static void trim(struct bits *b)
{
	if (b->n % 64 != 0)
		b->w[b->n / 64] &= (UINT64_C(1) << (b->n % 64)) - 1;
}

void bits_fill(struct bits *b)
{
	memset(b->w, 0xFF, words(b->n) * sizeof *b->w);
	trim(b);
}

void bits_invert(struct bits *b)
{
	for (size_t i = 0; i < words(b->n); i++)
		b->w[i] = ~b->w[i];
	trim(b);
}

void bits_and(struct bits *b, const struct bits *x)
{
	for (size_t i = 0; i < words(b->n); i++)
		b->w[i] &= x->w[i];
}

void bits_or(struct bits *b, const struct bits *x)
{
	for (size_t i = 0; i < words(b->n); i++)
		b->w[i] |= x->w[i];
}

void bits_set(struct bits *b, size_t i)
{
	b->w[i / 64] |= UINT64_C(1) << (i % 64);
}

void bits_unset(struct bits *b, size_t i)
{
	b->w[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

bool bits_has(const struct bits *b, size_t i)
{
	return b->w[i / 64] >> (i % 64) & 1;
}

size_t bits_next(const struct bits *b, size_t i)
{
	size_t at = i / 64, end = words(b->n);
	if (i >= b->n)
		return b->n;
	uint64_t w = b->w[at] & (~UINT64_C(0) << (i % 64));
	while (w == 0 && ++at < end)
		w = b->w[at];
	return w == 0 ? b->n : 64 * at + (size_t)__builtin_ctzll(w);
}

size_t bits_count(const struct bits *b)
{
	size_t n = 0;
	for (size_t i = 0; i < words(b->n); i++)
		n += (size_t)__builtin_popcountll(b->w[i]);
	return n;
}
