#include "gramrow.h"

#include "err.h"
#include "pack.h"

#include <stdlib.h>

#define ABSENT 0x40u /* the numbers that are not in the set */
#define PLAIN 0x80u  /* a bitmap */
#define MAX_K 31u

/* Bits, least significant first. */
struct bitout {
	unsigned char *p;
	size_t n;
};

static void put_one(struct bitout *o, size_t count)
{
	for (; count > 0; count--, o->n++)
		o->p[o->n / 8] |= (unsigned char)(1u << (o->n % 8));
}

/* q times 1, then 0, then k bits of rest. */
static void put_gap(struct bitout *o, uint32_t gap, unsigned k)
{
	put_one(o, gap >> k);
	o->n++;
	for (unsigned i = 0; i < k; i++, o->n++)
		if (gap >> i & 1)
			o->p[o->n / 8] |= (unsigned char)(1u << (o->n % 8));
}

static uint32_t gap_at(const uint32_t *numbers, size_t i)
{
	return i == 0 ? numbers[0] : numbers[i] - numbers[i - 1] - 1;
}

static size_t cost(const uint32_t *numbers, size_t m, unsigned k)
{
	size_t bits = m * (1 + k);
	for (size_t i = 0; i < m; i++)
		bits += gap_at(numbers, i) >> k;
	return bits;
}

/* The best k is near the logarithm of the mean gap. */
static unsigned choose(const uint32_t *numbers, size_t m, size_t n, size_t *bits)
{
	unsigned k = 0, best;
	while (k < MAX_K - 1 && m << (k + 1) < n)
		k++;
	best = k;
	*bits = cost(numbers, m, k);
	for (unsigned other = k > 0 ? k - 1 : 1; other <= k + 1; other += 2) {
		size_t c = cost(numbers, m, other);
		if (c < *bits) {
			*bits = c;
			best = other;
		}
	}
	return best;
}

static void add_plain(struct buf *out, const uint32_t *numbers, size_t m, size_t n)
{
	unsigned char *p = err_alloc(n / 8 + 1);
	for (size_t i = 0; i < m; i++)
		p[numbers[i] / 8] |= (unsigned char)(1u << (numbers[i] % 8));
	pack_str(out, (struct str){(char *)p, (n + 7) / 8});
	free(p);
}

/* Writes the numbers as gaps. Ones that no 0 follows end the row. */
static void add_gaps(struct buf *out, const uint32_t *numbers, size_t m, unsigned k, size_t bits)
{
	struct bitout o = {err_alloc(bits / 8 + 1), 0};
	for (size_t i = 0; i < m; i++)
		put_gap(&o, gap_at(numbers, i), k);
	put_one(&o, (8 - o.n % 8) % 8);
	pack_str(out, (struct str){(char *)o.p, o.n / 8});
	free(o.p);
}

static uint32_t *absent(const uint32_t *numbers, size_t m, size_t n)
{
	uint32_t *out = err_alloc((n - m + 1) * sizeof *out);
	size_t at = 0, k = 0;
	for (uint32_t i = 0; i < n; i++)
		if (k < m && numbers[k] == i)
			k++;
		else
			out[at++] = i;
	return out;
}

void gramrow_add(struct buf *out, const uint32_t *numbers, size_t m, size_t n)
{
	uint32_t *others = NULL;
	unsigned head = 0;
	size_t bits;
	if (m > n / 2) {
		others = absent(numbers, m, n);
		m = n - m;
		head = ABSENT;
	}
	const uint32_t *list = others ? others : numbers;
	unsigned k = choose(list, m, n, &bits);
	if (bits >= n && n > 0) {
		head |= PLAIN;
		buf_add(out, (char[]){(char)head}, 1);
		add_plain(out, list, m, n);
	} else {
		head |= k;
		buf_add(out, (char[]){(char)head}, 1);
		add_gaps(out, list, m, k, bits);
	}
	free(others);
}

/* ---- reading ---- */

static unsigned bit_at(struct str s, size_t i)
{
	return (unsigned char)s.p[i / 8] >> (i % 8) & 1u;
}

static bool take_gaps(struct str s, unsigned k, uint64_t *bits, size_t n)
{
	size_t at = 0, end = 8 * s.n, next = 0;
	for (;;) {
		uint64_t gap = 0;
		while (at < end && bit_at(s, at)) {
			gap++;
			at++;
		}
		if (at == end)
			return true;
		at++;
		gap <<= k;
		for (unsigned i = 0; i < k; i++, at++) {
			if (at >= end)
				return false;
			gap |= (uint64_t)bit_at(s, at) << i;
		}
		if (gap >= n - next)
			return false;
		next += (size_t)gap;
		bits[next / 64] |= UINT64_C(1) << (next % 64);
		next++;
	}
}

static bool take_plain(struct str s, uint64_t *bits, size_t n)
{
	if (s.n != (n + 7) / 8)
		return false;
	for (size_t i = 0; i < n; i++)
		bits[i / 64] |= (uint64_t)bit_at(s, i) << (i % 64);
	return true;
}

int gramrow_take(struct str *in, uint64_t *bits, size_t n)
{
	struct str row = *in, s;
	if (row.n == 0)
		return 0;
	unsigned head = (unsigned char)row.p[0], k = head & MAX_K;
	row = str_cut(row, 1, row.n);
	if (!pack_get_str(&row, &s))
		return 0;
	*in = row;
	if (bits == NULL)
		return 1;
	memset(bits, 0, (n + 63) / 64 * 8);
	if (!(head & PLAIN ? take_plain(s, bits, n) : take_gaps(s, k, bits, n)))
		return 0;
	for (size_t i = 0; head & ABSENT && i < (n + 63) / 64; i++)
		bits[i] = ~bits[i];
	if (head & ABSENT && n % 64)
		bits[n / 64] &= (UINT64_C(1) << (n % 64)) - 1;
	return 1;
}
