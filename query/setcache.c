#include "setcache.h"

#include "err.h"

#include <stdlib.h>
#include <string.h>

/* One set: a bitmap, or the members when there are few. */
struct packed {
	uint64_t *w;
	uint32_t *list;
	size_t n_list, n; /* n: bits; 0: an all-zero set */
};

struct entry {
	uint64_t first, last, used, hash;
	char *leaf;
	size_t n_leaf, n_sets, bytes;
	struct packed sets[SETCACHE_SETS];
};

struct setcache {
	struct entry entry[SETCACHE_ENTRIES];
	size_t bytes;
	uint64_t clock;
};

struct setcache *setcache_new(void)
{
	return err_alloc(sizeof(struct setcache));
}

static void drop(struct setcache *c, struct entry *e)
{
	for (size_t i = 0; i < e->n_sets; i++) {
		free(e->sets[i].w);
		free(e->sets[i].list);
	}
	free(e->leaf);
	c->bytes -= e->bytes;
	*e = (struct entry){0};
}

void setcache_clear(struct setcache *c)
{
	for (size_t i = 0; i < SETCACHE_ENTRIES; i++)
		drop(c, &c->entry[i]);
}

void setcache_free(struct setcache **c)
{
	if (*c == NULL)
		return;
	setcache_clear(*c);
	free(*c);
	*c = NULL;
}

/* FNV-1a. */
static uint64_t hash_of(const struct setcache_key *key)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ key->first;
	for (size_t i = 0; i < key->leaf.n; i++)
		h = (h ^ (unsigned char)key->leaf.p[i]) * UINT64_C(1099511628211);
	return h | 1; /* 0 is the empty entry's */
}

static bool is_of(const struct entry *e, const struct setcache_key *key, uint64_t hash)
{
	return e->hash == hash && e->first == key->first && e->last == key->last &&
	       str_eq((struct str){e->leaf, e->n_leaf}, key->leaf);
}

static size_t words(size_t n)
{
	return (n + 63) / 64;
}

static size_t pack(struct packed *p, const struct bits *b)
{
	*p = (struct packed){.n = b->n};
	if (b->w == NULL)
		return 0;
	size_t count = bits_count(b);
	if (count * sizeof *p->list >= words(b->n) * sizeof *p->w) {
		p->w = bits_copy(b).w;
		return words(b->n) * sizeof *p->w;
	}
	p->list = err_alloc((count + 1) * sizeof *p->list);
	for (size_t i = 0; i < words(b->n); i++)
		for (uint64_t w = b->w[i]; w; w &= w - 1)
			p->list[p->n_list++] = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(w);
	return (count + 1) * sizeof *p->list;
}

static void unpack(const struct packed *p, struct bits *b)
{
	if (p->n == 0)
		return;
	if (b->w == NULL)
		*b = bits_new(p->n);
	if (p->w) {
		memcpy(b->w, p->w, words(p->n) * sizeof *p->w);
		return;
	}
	memset(b->w, 0, words(p->n) * sizeof *b->w);
	for (size_t i = 0; i < p->n_list; i++)
		bits_set(b, p->list[i]);
}

bool setcache_get(struct setcache *c, const struct setcache_key *key, struct bits *const *sets,
		  size_t n)
{
	uint64_t hash = hash_of(key);
	for (size_t i = 0; i < SETCACHE_ENTRIES; i++) {
		struct entry *e = &c->entry[i];
		if (!is_of(e, key, hash) || e->n_sets != n)
			continue;
		e->used = ++c->clock;
		for (size_t k = 0; k < n; k++)
			unpack(&e->sets[k], sets[k]);
		return true;
	}
	return false;
}

/* An empty place: what was not used for the longest time goes, while there is too much. */
static struct entry *empty_place(struct setcache *c)
{
	for (;;) {
		struct entry *oldest = NULL, *empty = NULL;
		for (size_t i = 0; i < SETCACHE_ENTRIES; i++) {
			struct entry *e = &c->entry[i];
			if (e->hash == 0)
				empty = e;
			else if (oldest == NULL || e->used < oldest->used)
				oldest = e;
		}
		if (empty && (oldest == NULL || c->bytes <= SETCACHE_BYTES))
			return empty;
		drop(c, oldest);
	}
}

void setcache_put(struct setcache *c, const struct setcache_key *key, struct bits *const *sets,
		  size_t n)
{
	struct entry fresh = {.first = key->first, .last = key->last, .used = ++c->clock,
			      .hash = hash_of(key), .n_leaf = key->leaf.n, .n_sets = n};
	fresh.leaf = err_alloc(key->leaf.n + 1);
	if (key->leaf.n)
		memcpy(fresh.leaf, key->leaf.p, key->leaf.n);
	fresh.bytes = key->leaf.n + 1;
	for (size_t i = 0; i < n; i++)
		fresh.bytes += pack(&fresh.sets[i], sets[i]);
	c->bytes += fresh.bytes;
	if (fresh.bytes > SETCACHE_BYTES)
		drop(c, &fresh);
	else
		*empty_place(c) = fresh;
}
