#define _GNU_SOURCE
#include "names.h"

#include "disposal.h"
#include "segments.h"

#include <stdlib.h>

struct search {
	struct arena *a;
	const struct names_ask *ask;
	struct bits allowed; /* with rights in some accounts */
	const uint32_t *masked;
	size_t n_masked;
	struct names_hit *hits;
	size_t n;
	uint32_t *count; /* of the segment at hand, by place: allowed, or masked messages */
};

static void count_row(uint32_t *count, const struct column_row *row)
{
	for (size_t i = 0; i < row->n_from; i++)
		count[row->from[i]]++;
	for (size_t i = 0; i < row->n_to; i++) {
		bool twice = false;
		for (size_t k = 0; k < row->n_from && !twice; k++)
			twice = row->from[k] == row->to[i];
		count[row->to[i]] += !twice;
	}
}

/* Counts the names of messages: of those allowed, or else of those that are masked. */
static int count_segment(struct search *s, const struct iseg *seg, struct err *err)
{
	struct column_row row;
	for (uint64_t m = seg->first; m <= seg->last && m < s->allowed.n; m++) {
		if (!bits_has(&s->allowed, m))
			continue;
		if (column_row(seg->columns, (uint32_t)(m - seg->first + 1), &row, err) < 0)
			return -1;
		count_row(s->count, &row);
	}
	for (size_t i = 0; i < s->n_masked; i++) {
		if (s->masked[i] < seg->first || s->masked[i] > seg->last)
			continue;
		if (column_row(seg->columns, (uint32_t)(s->masked[i] - seg->first + 1), &row,
			       err) < 0)
			return -1;
		count_row(s->count, &row);
	}
	return 1;
}

static void add(struct search *s, struct column *c, uint32_t i)
{
	uint32_t docs;
	struct str name = column_name(c, i, &docs);
	uint64_t n = s->ask->rights->some ? s->count[i] : docs - (s->count ? s->count[i] : 0);
	if (name.p[0] != COLUMN_ADDRESS || n == 0)
		return;
	name = str_cut(name, 1, name.n);
	s->hits = arena_grow(s->a, s->hits, s->n, sizeof *s->hits);
	s->hits[s->n++] = (struct names_hit){name, n, str_starts(name, s->ask->piece)};
}

static void find_beginning(struct search *s, struct column *c)
{
	struct str key = arena_fmt(s->a, "%c%.*s", COLUMN_ADDRESS, STR_ARG(s->ask->piece));
	uint32_t docs;
	for (uint32_t i = column_lower(c, key); i < column_names(c); i++) {
		if (!str_starts(column_name(c, i, &docs), key))
			return;
		add(s, c, i);
	}
}

static void find_anywhere(struct search *s, struct column *c)
{
	struct str text = column_text(c), piece = s->ask->piece;
	size_t at = 0;
	while (at < text.n) {
		const char *hit = memmem(text.p + at, text.n - at, piece.p, piece.n);
		if (hit == NULL)
			return;
		add(s, c, column_at(c, (size_t)(hit - text.p)));
		const char *end = memchr(hit, '\n', text.n - (size_t)(hit - text.p));
		at = end ? (size_t)(end - text.p) + 1 : text.n;
	}
}

static int find(struct search *s, const struct iseg *seg, struct err *err)
{
	int r = 1;
	if (seg->columns == NULL)
		return 1;
	if (s->ask->rights->some || s->n_masked) {
		s->count = err_alloc((column_names(seg->columns) + 1) * sizeof *s->count);
		r = count_segment(s, seg, err);
	}
	if (r > 0 && s->ask->piece.n < NAMES_INFIX)
		find_beginning(s, seg->columns);
	else if (r > 0)
		find_anywhere(s, seg->columns);
	free(s->count);
	s->count = NULL;
	return r;
}

static int by_name(const void *va, const void *vb)
{
	const struct names_hit *a = va, *b = vb;
	return str_cmp(a->name, b->name);
}

static int by_worth(const void *va, const void *vb)
{
	const struct names_hit *a = va, *b = vb;
	if (a->begins != b->begins)
		return a->begins ? -1 : 1;
	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return str_cmp(a->name, b->name);
}

/* One of each name. */
static void join(struct search *s)
{
	size_t kept = 0;
	if (s->n)
		qsort(s->hits, s->n, sizeof *s->hits, by_name);
	for (size_t i = 0; i < s->n; i++) {
		if (kept && str_eq(s->hits[kept - 1].name, s->hits[i].name))
			s->hits[kept - 1].messages += s->hits[i].messages;
		else
			s->hits[kept++] = s->hits[i];
	}
	s->n = kept;
	if (kept)
		qsort(s->hits, kept, sizeof *s->hits, by_worth);
}

int names_like(struct qdb *db, struct arena *a, const struct names_ask *ask,
	       const struct names_hit **out, size_t *n_out, struct err *err)
{
	const struct segments *segs = query_db_segments(db);
	struct search s = {.a = a, .ask = ask};
	struct archive *ar = query_db_archive(db);
	int r = ask->rights->some ? rights_visible(ask->rights, ar, &s.allowed, err)
				  : disposal_masked(ar, a, &s.masked, &s.n_masked, err);
	for (size_t i = 0; i < segs->n && r > 0; i++)
		r = find(&s, &segs->list[i], err);
	bits_free(&s.allowed);
	join(&s);
	*n_out = s.n < ask->max ? s.n : ask->max;
	for (size_t i = 0; i < *n_out; i++)
		s.hits[i].name = arena_str(a, s.hits[i].name);
	*out = s.hits;
	return r < 0 ? -1 : 1;
}
