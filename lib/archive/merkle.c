#define _GNU_SOURCE
#include "merkle.h"

static bool same(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, HASH_BYTES) == 0;
}

void merkle_leaf(struct str data, unsigned char out[HASH_BYTES])
{
	unsigned char b[1 + HASH_BYTES];
	b[0] = 0;
	if (data.n == HASH_BYTES) { /* always, outside of tests */
		memcpy(b + 1, data.p, HASH_BYTES);
		hash_of((struct str){(char *)b, sizeof b}, out);
		return;
	}
	struct hash_ctx *h = hash_new();
	hash_add(h, b, 1);
	hash_add(h, data.p, data.n);
	hash_end(h, out);
	hash_free(&h);
}

/* SHA-256(0x01 || left || right); out may be one of them. */
static void node(const unsigned char *left, const unsigned char *right, unsigned char *out)
{
	unsigned char b[1 + 2 * HASH_BYTES];
	b[0] = 1;
	memcpy(b + 1, left, HASH_BYTES);
	memcpy(b + 1 + HASH_BYTES, right, HASH_BYTES);
	hash_of((struct str){(char *)b, sizeof b}, out);
}

void merkle_add(struct merkle *m, const unsigned char leaf[HASH_BYTES])
{
	unsigned char h[HASH_BYTES];
	int level = 0;
	memcpy(h, leaf, HASH_BYTES);
	for (; m->size >> level & 1; level++)
		node(m->hash[level], h, h);
	memcpy(m->hash[level], h, HASH_BYTES);
	m->size++;
}

/* The tree is split at the largest power of two below its size, so the whole subtrees are joined
 * from the right. */
void merkle_root(const struct merkle *m, unsigned char out[HASH_BYTES])
{
	bool first = true;
	hash_of(STR(""), out);
	for (int level = 0; level < 64; level++) {
		if (!(m->size >> level & 1))
			continue;
		if (first)
			memcpy(out, m->hash[level], HASH_BYTES);
		else
			node(m->hash[level], out, out);
		first = false;
	}
}

size_t merkle_save(const struct merkle *m, unsigned char *out)
{
	size_t n = 0;
	for (int level = 63; level >= 0; level--)
		if (m->size >> level & 1) {
			memcpy(out + n, m->hash[level], HASH_BYTES);
			n += HASH_BYTES;
		}
	return n;
}

int merkle_load(struct merkle *m, uint64_t size, struct str bytes)
{
	size_t n = 0;
	*m = (struct merkle){.size = size};
	if (bytes.n != (size_t)__builtin_popcountll(size) * HASH_BYTES)
		return 0;
	for (int level = 63; level >= 0; level--)
		if (size >> level & 1) {
			memcpy(m->hash[level], bytes.p + n, HASH_BYTES);
			n += HASH_BYTES;
		}
	return 1;
}

/* The largest power of two smaller than n; n > 1. */
static uint64_t split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static void reverse(struct merkle_range *r, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct merkle_range t = r[i];
		r[i] = r[n - 1 - i];
		r[n - 1 - i] = t;
	}
}

/* PATH(m, D_n) is defined from the root down and written from the leaf up. */
size_t merkle_inclusion(uint64_t index, uint64_t size, struct merkle_range out[MERKLE_MOST])
{
	uint64_t from = 0, to = size;
	size_t n = 0;
	if (index >= size)
		return 0;
	while (to - from > 1) {
		uint64_t k = from + split(to - from);
		if (index < k) {
			out[n++] = (struct merkle_range){k, to};
			to = k;
		} else {
			out[n++] = (struct merkle_range){from, k};
			from = k;
		}
	}
	reverse(out, n);
	return n;
}

/* SUBPROOF(m, D[from:to], whole), where whole says that D[from:to] is the old tree's beginning. */
size_t merkle_consistency(uint64_t old, uint64_t size, struct merkle_range out[MERKLE_MOST])
{
	uint64_t from = 0, to = size;
	size_t n = 0;
	bool whole = true;
	if (old == 0 || old >= size)
		return 0;
	while (to != old) {
		uint64_t k = from + split(to - from);
		if (old <= k) {
			out[n++] = (struct merkle_range){k, to};
			to = k;
		} else {
			out[n++] = (struct merkle_range){from, k};
			from = k;
			whole = false;
		}
	}
	if (!whole)
		out[n++] = (struct merkle_range){from, to};
	reverse(out, n);
	return n;
}

/* Step 4 of 2.1.3.2 and step 6 of 2.1.4.2 walk up alike. */
static void up(uint64_t *fn, uint64_t *sn, bool joined)
{
	while (joined && !(*fn & 1) && *fn) {
		*fn >>= 1;
		*sn >>= 1;
	}
	*fn >>= 1;
	*sn >>= 1;
}

bool merkle_included(const unsigned char leaf[HASH_BYTES], uint64_t index,
		     const struct merkle_proof *p, const struct merkle_head *head)
{
	unsigned char r[HASH_BYTES];
	if (index >= head->size || p->n > MERKLE_MOST)
		return false;
	uint64_t fn = index, sn = head->size - 1;
	memcpy(r, leaf, HASH_BYTES);
	for (size_t i = 0; i < p->n; i++) {
		if (sn == 0)
			return false;
		bool left = (fn & 1) || fn == sn;
		if (left)
			node(p->hash[i], r, r);
		else
			node(r, p->hash[i], r);
		up(&fn, &sn, left);
	}
	return sn == 0 && same(r, head->root);
}

/* 2.1.4.2 for 0 < old size < new size. The first hash is the old root itself when the old tree is
 * whole. */
static bool grows(const struct merkle_head *old, const struct merkle_proof *p,
		  const struct merkle_head *head)
{
	unsigned char fr[HASH_BYTES], sr[HASH_BYTES];
	uint64_t fn = old->size - 1, sn = head->size - 1;
	size_t i = 0;
	if (p->n == 0 || p->n > MERKLE_MOST)
		return false;
	bool power = (old->size & (old->size - 1)) == 0;
	memcpy(fr, power ? old->root : p->hash[i++], HASH_BYTES);
	memcpy(sr, fr, HASH_BYTES);
	for (; fn & 1; fn >>= 1)
		sn >>= 1;
	for (; i < p->n; i++) {
		if (sn == 0)
			return false;
		bool left = (fn & 1) || fn == sn;
		if (left) {
			node(p->hash[i], fr, fr);
			node(p->hash[i], sr, sr);
		} else {
			node(sr, p->hash[i], sr);
		}
		up(&fn, &sn, left);
	}
	return sn == 0 && same(fr, old->root) && same(sr, head->root);
}

bool merkle_consistent(const struct merkle_head *old, const struct merkle_proof *p,
		       const struct merkle_head *head)
{
	unsigned char none[HASH_BYTES];
	if (old->size > head->size)
		return false;
	if (old->size == head->size)
		return p->n == 0 && same(old->root, head->root);
	hash_of(STR(""), none);
	if (old->size == 0)
		return p->n == 0 && same(old->root, none);
	return grows(old, p, head);
}
