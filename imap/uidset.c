#include "uidset.h"

#include "err.h"
#include "pack.h"

#include <stdlib.h>

int uidset_add(struct uidset *s, uint32_t uid)
{
	if (s->n == s->cap) {
		if (s->n >= UIDSET_MAX)
			return 0;
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->p = err_realloc(s->p, s->cap * sizeof *s->p);
	}
	if (s->n && uid <= s->p[s->n - 1])
		s->unsorted = true;
	s->p[s->n++] = uid;
	return 1;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

void uidset_sort(struct uidset *s)
{
	size_t n = 0;
	if (!s->unsorted)
		return;
	qsort(s->p, s->n, sizeof *s->p, by_number);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || s->p[i] != s->p[n - 1])
			s->p[n++] = s->p[i];
	s->n = n;
	s->unsorted = false;
}

/* Position of the first UID that is not below `uid`. */
static size_t lower(const struct uidset *s, uint32_t uid)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->p[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

ptrdiff_t uidset_find(const struct uidset *s, uint32_t uid)
{
	size_t i = lower(s, uid);
	return i < s->n && s->p[i] == uid ? (ptrdiff_t)i : -1;
}

bool uidset_between(const struct uidset *s, uint32_t a, uint32_t b)
{
	if (b <= a + 1)
		return false;
	size_t i = lower(s, a + 1);
	return i < s->n && s->p[i] < b;
}

void uidset_minus(const struct uidset *a, const struct uidset *b, struct uidset *out)
{
	size_t j = 0;
	for (size_t i = 0; i < a->n; i++) {
		while (j < b->n && b->p[j] < a->p[i])
			j++;
		if (j == b->n || b->p[j] != a->p[i])
			uidset_add(out, a->p[i]);
	}
}

size_t uidset_ranges(const uint32_t *uids, size_t n, const struct uidset *avoid, size_t max,
		     struct buf *out)
{
	size_t i = 0;
	while (i < n && out->n + sizeof ",4294967295:4294967295" <= max) {
		size_t last = i;
		while (last + 1 < n && !uidset_between(avoid, uids[last], uids[last + 1]))
			last++;
		buf_fmt(out, i ? ",%u" : "%u", (unsigned)uids[i]);
		if (last > i)
			buf_fmt(out, ":%u", (unsigned)uids[last]);
		i = last + 1;
	}
	return i;
}

/* Cuts "1:5" or "7" off the front: *a is the smaller end. 1; 0 the end; -1 malformed. */
static int next_range(struct str *ranges, uint32_t *a, uint32_t *b)
{
	struct str piece, first;
	if (!str_split(ranges, ',', &piece))
		return 0;
	if (!str_split(&piece, ':', &first) || !str_u32(first, a) ||
	    !str_u32(piece.n ? piece : first, b))
		return -1;
	if (*a > *b) {
		uint32_t c = *a;
		*a = *b;
		*b = c;
	}
	return 1;
}

int uidset_within(const struct uidset *of, struct str ranges, struct uidset *out,
		  uint64_t *n_out)
{
	uint32_t a, b;
	int r;
	*n_out = 0;
	while ((r = next_range(&ranges, &a, &b)) == 1) {
		*n_out += (uint64_t)b - a + 1;
		for (size_t i = lower(of, a); i < of->n && of->p[i] <= b; i++)
			uidset_add(out, of->p[i]);
	}
	return r == 0;
}

int uidset_parse(struct str ranges, size_t most, struct uidset *out)
{
	uint32_t a, b;
	int r;
	while ((r = next_range(&ranges, &a, &b)) == 1) {
		if (out->n > most || b - a >= most - out->n)
			return 0;
		for (uint64_t uid = a; uid <= b; uid++)
			uidset_add(out, (uint32_t)uid);
	}
	return r == 0;
}

void uidset_pack(const uint32_t *uids, size_t n, struct buf *out)
{
	uint64_t next = 0;
	for (size_t i = 0; i < n;) {
		size_t run = 1;
		while (i + run < n && uids[i + run] == uids[i] + run)
			run++;
		pack_u64(out, uids[i] - next);
		pack_u64(out, run);
		next = (uint64_t)uids[i] + run;
		i += run;
	}
}

int uidset_unpack(struct str packed, struct uidset *s)
{
	uint64_t at = 0, gap, run;
	while (packed.n) {
		if (!pack_get_u64(&packed, &gap) || !pack_get_u64(&packed, &run) ||
		    gap > UINT32_MAX || run == 0 || run > UIDSET_MAX)
			return 0;
		at += gap;
		if (at + run - 1 > UINT32_MAX)
			return 0;
		for (uint64_t i = 0; i < run; i++)
			if (!uidset_add(s, (uint32_t)(at + i)))
				return 0;
		at += run;
	}
	return 1;
}

void uidset_free(struct uidset *s)
{
	free(s->p);
	*s = (struct uidset){0};
}
