#include "alike.h"

#include "casemap.h"
#include "mtext.h"
#include "quote.h"

#include <stdlib.h>

#define MOST_TEXT ((size_t)256 << 10)

/* Paragraphs, by the first half of their SHA-256. */
struct para {
	unsigned char hash[16];
};
struct list {
	struct para *items;
	size_t n, bytes;
};
struct paper {
	struct list own; /* in order */
	struct list all; /* sorted, quoted ones too */
};

static int by_hash(const void *x, const void *y)
{
	return memcmp(x, y, sizeof(struct para));
}

/* ---- paragraphs ---- */

static void add(struct arena *a, struct list *l, struct buf *b)
{
	unsigned char hash[HASH_BYTES];
	if (b->n > 0) {
		hash_of(buf_all(b), hash);
		l->items = arena_grow(a, l->items, l->n, sizeof *l->items);
		memcpy(l->items[l->n++].hash, hash, sizeof l->items->hash);
		l->bytes += b->n;
	}
	buf_clear(b);
}

/* Appends the words of a line, one blank between. */
static void add_line(struct buf *b, struct str line)
{
	for (size_t i = 0; i < line.n; i++) {
		bool blank = line.p[i] == ' ' || line.p[i] == '\t' || line.p[i] == '\r';
		bool before = b->n == 0 || b->p[b->n - 1] == ' ';
		if (!blank)
			buf_chr(b, line.p[i]);
		else if (!before)
			buf_chr(b, ' ');
	}
	if (b->n > 0 && b->p[b->n - 1] != ' ')
		buf_chr(b, ' ');
}

static struct str without_marks(struct str line)
{
	while (line.n > 0 && (line.p[0] == '>' || line.p[0] == ' ' || line.p[0] == '\t'))
		line = str_cut(line, 1, line.n);
	return line;
}

/* Adds the paragraphs of a mapped text. own: up to its signature, which begins with "-- ". */
static void add_paras(struct arena *a, struct list *l, struct str text, bool own)
{
	struct str line;
	struct buf b;
	buf_init(&b, text.n + 2);
	while (str_line(&text, &line)) {
		if (own && (str_eq(line, STR("-- ")) || str_eq(line, STR("--"))))
			break;
		line = str_trim(without_marks(line));
		if (line.n == 0)
			add(a, l, &b);
		else
			add_line(&b, line);
	}
	add(a, l, &b);
	buf_free(&b);
}

/* scratch holds the mapped text and is reset. */
static struct paper read_paper(struct arena *a, struct arena *scratch, struct str text)
{
	struct paper p = {0};
	struct str mapped = casemap_str(scratch, str_cut(text, 0, MOST_TEXT)), piece;
	struct quote q = quote_begin(mapped);
	bool quoted;
	while (quote_next(&q, &piece, &quoted)) {
		if (!quoted)
			add_paras(a, &p.own, piece, true);
		add_paras(a, &p.all, piece, false);
	}
	if (p.all.n > 1)
		qsort(p.all.items, p.all.n, sizeof *p.all.items, by_hash);
	arena_reset(scratch);
	return p;
}

/* ---- comparing ---- */

static bool is_same(const struct list *x, const struct list *y)
{
	return x->n > 0 && x->n == y->n &&
	       memcmp(x->items, y->items, x->n * sizeof *x->items) == 0;
}

static bool is_within(const struct list *own, const struct list *all)
{
	if (all->n == 0)
		return false;
	for (size_t i = 0; i < own->n; i++)
		if (!bsearch(&own->items[i], all->items, all->n, sizeof *all->items, by_hash))
			return false;
	return own->n > 0 && own->bytes >= ALIKE_LEAST;
}

/* A message with its place among those given. */
struct turn {
	struct paper paper;
	int64_t date;
	uint64_t number;
	size_t at;
};

static int by_date(const void *x, const void *y)
{
	const struct turn *a = x, *b = y;
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The one at `i` against those before it and behind it. */
static struct alike judge(const struct turn *turns, size_t n, size_t i)
{
	const struct list *own = &turns[i].paper.own;
	struct alike x = {-1, -1};
	for (size_t k = 0; k < i && x.same < 0; k++)
		if (is_same(own, &turns[k].paper.own))
			x.same = (ptrdiff_t)turns[k].at;
	for (size_t k = i + 1; k < n && x.within < 0; k++)
		if (is_within(own, &turns[k].paper.all))
			x.within = (ptrdiff_t)turns[k].at;
	return x;
}

/* Of so many lines the first `few` were read. */
static const struct alike *compare(struct arena *a, struct turn *turns, size_t few, size_t n)
{
	struct alike *out = arena_alloc(a, n * sizeof *out + 1);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct alike){-1, -1};
	if (few > 1)
		qsort(turns, few, sizeof *turns, by_date);
	for (size_t i = 0; i < few; i++)
		out[turns[i].at] = judge(turns, few, i);
	return out;
}

static size_t least(size_t x, size_t y)
{
	return x < y ? x : y;
}

const struct alike *alike_compare(struct arena *a, const struct alike_text *texts, size_t n)
{
	size_t most = least(n, ALIKE_MOST), left = ALIKE_PARAS, i;
	struct turn *turns = arena_alloc(a, most * sizeof *turns + 1);
	struct arena scratch = {0};
	for (i = 0; i < most && left > 0; i++) {
		turns[i] = (struct turn){read_paper(a, &scratch, texts[i].text), texts[i].date,
					 texts[i].number, i};
		left -= least(turns[i].paper.all.n, left);
	}
	arena_free(&scratch);
	return compare(a, turns, i, n);
}

/* ---- a thread ---- */

/* The text that a reader sees first. */
static struct str text_of(struct arena *a, const struct record *r)
{
	for (size_t i = 0; i < r->n_parts; i++)
		if (r->parts[i].searched && !r->parts[i].attachment && r->parts[i].text.n > 0)
			return mtext_visible(a, &r->parts[i]);
	return STR("");
}

int alike_make(struct qdb *db, struct arena *a, const struct rights *r, const struct thread *t,
	       const struct alike **out, struct err *err)
{
	size_t most = least(t->n, ALIKE_MOST), left = ALIKE_PARAS, i;
	struct turn *turns = arena_alloc(a, most * sizeof *turns + 1);
	struct arena record = {0}, scratch = {0};
	struct query_hit h;
	int x = 1;
	for (i = 0; i < most && left > 0 && x >= 0; i++) {
		const struct kin *k = t->lines[i].kin;
		struct str text = STR("");
		x = query_glance(db, &record, r, k->number, &h, err);
		if (x > 0)
			text = text_of(&record, &h.record);
		turns[i] = (struct turn){read_paper(a, &scratch, text), k->date, k->number, i};
		left -= least(turns[i].paper.all.n, left);
		arena_reset(&record);
	}
	arena_free(&record);
	arena_free(&scratch);
	if (x < 0)
		return -1;
	*out = compare(a, turns, i, t->n);
	return 1;
}
