#include "arena.h"

#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST ((size_t)16 << 10)
#define LARGEST ((size_t)1 << 20)

struct arena_block {
	struct arena_block *prev;
	size_t n, cap;
	_Alignas(16) char p[];
};

static struct arena_block *add_block(struct arena *a, size_t n)
{
	size_t cap = a->last ? a->last->cap * 2 : FIRST;
	if (cap > LARGEST)
		cap = LARGEST;
	if (cap < n)
		cap = n;
	struct arena_block *b = malloc(sizeof *b + cap);
	if (b == NULL)
		err_die("out of memory (%zu bytes)", cap);
	b->prev = a->last;
	b->n = 0;
	b->cap = cap;
	a->last = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX / 2)
		err_die("arena: impossible size %zu", n);
	n = (n + 15) & ~(size_t)15;
	struct arena_block *b = a->last;
	if (b == NULL || b->cap - b->n < n)
		b = add_block(a, n);
	void *p = b->p + b->n;
	b->n += n;
	a->used += n;
	return memset(p, 0, n);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

struct str arena_lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
	return (struct str){p, s.n};
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		err_die("arena: bad format '%s'", fmt);
	char *p = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}

void *arena_grow(struct arena *a, void *items, size_t n, size_t size)
{
	if (n && (n & (n - 1)))
		return items;
	void *more = arena_alloc(a, (n ? n * 2 : 1) * size);
	if (n)
		memcpy(more, items, n * size);
	return more;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->last;
	if (b == NULL)
		return;
	while (b->prev) {
		struct arena_block *prev = b->prev;
		free(b);
		b = prev;
	}
	b->n = 0;
	a->last = b;
	a->used = 0;
}

void arena_free(struct arena *a)
{
	while (a->last) {
		struct arena_block *prev = a->last->prev;
		free(a->last);
		a->last = prev;
	}
	a->used = 0;
}
