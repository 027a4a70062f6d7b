#include "t.h"

#include "merkle.h"

#define MOST 64

static unsigned char leaf[MOST][HASH_BYTES];
static struct merkle_head head[MOST + 1];

/* The definition of 2.1.1, word by word. */
static void defined(uint64_t from, uint64_t to, unsigned char out[HASH_BYTES])
{
	char b[1 + 2 * HASH_BYTES] = {1};
	uint64_t k = 1;
	if (to == from) {
		hash_of(STR(""), out);
	} else if (to - from == 1) {
		memcpy(out, leaf[from], HASH_BYTES);
	} else {
		while (k * 2 < to - from)
			k *= 2;
		defined(from, from + k, (unsigned char *)b + 1);
		defined(from + k, to, (unsigned char *)b + 1 + HASH_BYTES);
		hash_of((struct str){b, sizeof b}, out);
	}
}

/* The leaves and roots that the implementations of RFC 6962 are tested with. */
static void vectors(void)
{
	static const struct {
		struct str data;
		const char *root;
	} row[] = {
		{{"", 0}, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{{"\x00", 1}, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{{"\x10", 1}, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{{"\x20\x21", 2},
		 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{{"\x30\x31", 2},
		 "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{{"\x40\x41\x42\x43", 4},
		 "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
		{{"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
		 "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
		{{"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
		 "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	struct merkle m = {0};
	unsigned char out[HASH_BYTES];
	char hex[HASH_HEX + 1];
	merkle_root(&m, out);
	hash_hex(out, HASH_BYTES, hex);
	T_STR(str_of(hex), STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		merkle_leaf(row[i].data, out);
		merkle_add(&m, out);
		merkle_root(&m, out);
		hash_hex(out, HASH_BYTES, hex);
		T_STR(str_of(hex), str_of(row[i].root));
	}
}

static void heads(void)
{
	struct merkle m = {0}, again;
	unsigned char kept[64 * HASH_BYTES], a[HASH_BYTES], b[HASH_BYTES];
	for (size_t n = 0; n <= MOST; n++) {
		head[n].size = n;
		merkle_root(&m, head[n].root);
		defined(0, n, a);
		T(memcmp(a, head[n].root, HASH_BYTES) == 0);
		size_t k = merkle_save(&m, kept);
		T(merkle_load(&again, n, (struct str){(char *)kept, k}) == 1);
		T(merkle_load(&again, n, (struct str){(char *)kept, k + 32}) == 0);
		T(merkle_load(&again, n, (struct str){(char *)kept, k}) == 1);
		if (n == MOST)
			break;
		char data[HASH_BYTES] = {(char)n};
		merkle_leaf((struct str){data, n % 3 ? sizeof data : 2}, leaf[n]);
		merkle_add(&m, leaf[n]);
		merkle_add(&again, leaf[n]);
		merkle_root(&m, a);
		merkle_root(&again, b);
		T(memcmp(a, b, HASH_BYTES) == 0);
	}
}

static void compute(const struct merkle_range *r, size_t n, struct merkle_proof *p)
{
	p->n = n;
	for (size_t i = 0; i < n; i++) {
		struct merkle m = {0};
		for (uint64_t k = r[i].from; k < r[i].to; k++)
			merkle_add(&m, leaf[k]);
		merkle_root(&m, p->hash[i]);
	}
}

/* PATH and SUBPROOF by their recursive definitions; returns the length. */
static size_t path(uint64_t m, uint64_t from, uint64_t to, struct merkle_proof *p)
{
	uint64_t k = 1;
	if (to - from < 2)
		return p->n = 0;
	while (k * 2 < to - from)
		k *= 2;
	if (m < k) {
		path(m, from, from + k, p);
		defined(from + k, to, p->hash[p->n++]);
	} else {
		path(m - k, from + k, to, p);
		defined(from, from + k, p->hash[p->n++]);
	}
	return p->n;
}

static size_t subproof(uint64_t m, uint64_t from, uint64_t to, bool b, struct merkle_proof *p)
{
	uint64_t k = 1;
	if (m == to - from) {
		p->n = 0;
		if (!b)
			defined(from, to, p->hash[p->n++]);
		return p->n;
	}
	while (k * 2 < to - from)
		k *= 2;
	if (m <= k) {
		subproof(m, from, from + k, b, p);
		defined(from + k, to, p->hash[p->n++]);
	} else {
		subproof(m - k, from + k, to, false, p);
		defined(from, from + k, p->hash[p->n++]);
	}
	return p->n;
}

static bool same(const struct merkle_proof *a, const struct merkle_proof *b)
{
	return a->n == b->n && memcmp(a->hash, b->hash, a->n * HASH_BYTES) == 0;
}

/* Counts verifications that should have failed. */
static int fooled;

static void wrong_inclusion(uint64_t i, uint64_t n, struct merkle_proof *p)
{
	struct merkle_head h = head[n];
	unsigned char other[HASH_BYTES];
	for (size_t b = 0; b < p->n * HASH_BYTES; b += 7) {
		p->hash[b / HASH_BYTES][b % HASH_BYTES] ^= 4;
		fooled += merkle_included(leaf[i], i, p, &h);
		p->hash[b / HASH_BYTES][b % HASH_BYTES] ^= 4;
	}
	for (size_t b = 0; b < HASH_BYTES; b++) {
		h.root[b] ^= 1;
		fooled += merkle_included(leaf[i], i, p, &h);
		h.root[b] ^= 1;
		memcpy(other, leaf[i], HASH_BYTES);
		other[b] ^= 0x80;
		fooled += merkle_included(other, i, p, &h);
	}
	for (uint64_t k = 0; k <= n + 1; k++)
		if (k != i)
			fooled += merkle_included(leaf[i], k, p, &h);
	for (uint64_t k = 0; k <= MOST; k++)
		if (k != n)
			fooled += merkle_included(leaf[i], i, p, &head[k]);
	p->n++;
	fooled += merkle_included(leaf[i], i, p, &h);
	p->n -= 2;
	if (p->n < MERKLE_MOST)
		fooled += merkle_included(leaf[i], i, p, &h);
	p->n = MERKLE_MOST + 1;
	fooled += merkle_included(leaf[i], i, p, &h);
}

static void inclusion(void)
{
	struct merkle_range r[MERKLE_MOST];
	static struct merkle_proof p, want;
	T(merkle_inclusion(0, 0, r) == 0 && merkle_inclusion(5, 5, r) == 0);
	T(merkle_inclusion((uint64_t)1 << 63, UINT64_MAX, r) <= MERKLE_MOST);
	for (uint64_t n = 1; n <= MOST; n++)
		for (uint64_t i = 0; i < n; i++) {
			compute(r, merkle_inclusion(i, n, r), &p);
			path(i, 0, n, &want);
			T(same(&p, &want));
			T(merkle_included(leaf[i], i, &p, &head[n]));
			wrong_inclusion(i, n, &p);
		}
	T(fooled == 0);
}

static void wrong_consistency(uint64_t m, uint64_t n, struct merkle_proof *p)
{
	struct merkle_head a = head[m], b = head[n];
	for (size_t k = 0; k < p->n * HASH_BYTES; k += 5) {
		p->hash[k / HASH_BYTES][k % HASH_BYTES] ^= 1;
		fooled += merkle_consistent(&a, p, &b);
		p->hash[k / HASH_BYTES][k % HASH_BYTES] ^= 1;
	}
	for (size_t k = 0; k < HASH_BYTES; k++) {
		a.root[k] ^= 1;
		fooled += merkle_consistent(&a, p, &b);
		a.root[k] ^= 1;
		b.root[k] ^= 1;
		fooled += merkle_consistent(&a, p, &b);
		b.root[k] ^= 1;
	}
	for (uint64_t k = 1; k <= MOST; k++) {
		if (k != m)
			fooled += merkle_consistent(&head[k], p, &b) && k != n;
		if (k != n)
			fooled += merkle_consistent(&a, p, &head[k]) && k != m;
	}
	p->n++;
	fooled += merkle_consistent(&a, p, &b);
	p->n -= 2;
	if (p->n < MERKLE_MOST)
		fooled += merkle_consistent(&a, p, &b);
	p->n = MERKLE_MOST + 1;
	fooled += merkle_consistent(&a, p, &b);
}

static void consistency(void)
{
	struct merkle_range r[MERKLE_MOST];
	static struct merkle_proof p, want;
	T(merkle_consistency((uint64_t)1 << 62, UINT64_MAX, r) <= MERKLE_MOST);
	T(merkle_consistency(6, 5, r) == 0);
	for (uint64_t n = 0; n <= MOST; n++)
		for (uint64_t m = 0; m <= n; m++) {
			compute(r, merkle_consistency(m, n, r), &p);
			T(merkle_consistent(&head[m], &p, &head[n]));
			if (n > m)
				T(!merkle_consistent(&head[n], &p, &head[m]));
			if (m == 0 || m == n) {
				T(p.n == 0);
				continue;
			}
			subproof(m, 0, n, true, &want);
			T(same(&p, &want));
			wrong_consistency(m, n, &p);
		}
	T(fooled == 0);
}

int main(void)
{
	vectors();
	heads();
	inclusion();
	consistency();
	return t_done();
}
