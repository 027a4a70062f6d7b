#include "snippet.h"

#include "casemap.h"
#include "mtext.h"
#include "token.h"

#include <stdlib.h>

#define MAX_LOOKED_AT ((size_t)1 << 20)
#define BEFORE 60
#define AFTER 140

struct list {
	struct arena *a;
	struct snippet_needle *items;
	size_t n;
};

static void add(struct list *l, struct snippet_needle needle)
{
	if (needle.mapped.n == 0)
		return;
	needle.bare = casemap_bare(l->a, needle.mapped);
	l->items = arena_grow(l->a, l->items, l->n, sizeof *l->items);
	l->items[l->n++] = needle;
}

static void add_words(struct list *l, const struct qnode *q)
{
	if (q->stem) {
		/* What all words of a stem begin with may be two letters. */
		struct str stem = casemap_str(l->a, q->words[0]);
		bool more = stem.n > q->mapped.n + 1;
		add(l, (struct snippet_needle){
			.mapped = more ? str_cut(stem, 0, stem.n - 1) : q->mapped, .prefix = true});
		return;
	}
	for (size_t i = 0; i < q->n_words; i++)
		add(l, (struct snippet_needle){.mapped = q->words[i], .word = true,
					       .further = i > 0});
}

/* The first line of the needle: what can stand in one line of text. */
static void add_text(struct list *l, const struct qnode *q)
{
	struct str line;
	for (struct str rest = q->mapped; str_split(&rest, '\n', &line);)
		if (line.n > 0) {
			add(l, (struct snippet_needle){.mapped = line});
			return;
		}
}

static void collect(struct list *l, const struct qnode *q, bool negated)
{
	bool everywhere = q->name.n == 0 || str_eq(q->name, STR("body"));
	if (!negated && q->kind == QNODE_WORD && everywhere)
		add_words(l, q);
	else if (!negated && (q->kind == QNODE_BODY || q->kind == QNODE_TEXT))
		add_text(l, q);
	for (size_t i = 0; i < q->n_kids; i++)
		collect(l, q->kids[i], q->kind == QNODE_NOT ? !negated : negated);
}

struct snippet_needles snippet_needles(struct arena *a, const struct qnode *q)
{
	struct list l = {.a = a};
	collect(&l, q, false);
	return (struct snippet_needles){l.items, l.n};
}

static size_t char_length(struct str s, size_t at)
{
	size_t n = 1;
	while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* Where in the line the mapped (and, bare, unmarked) needle begins, or -1. */
static ptrdiff_t place_in(struct str line, struct str needle, bool bare)
{
	struct arena a = {0};
	struct str mapped = casemap_str(&a, line);
	if (bare)
		mapped = casemap_bare(&a, mapped);
	ptrdiff_t found = str_find(mapped, needle);
	size_t at = 0, passed = 0;
	while (found >= 0 && at < line.n) {
		size_t n = char_length(line, at);
		struct str one = casemap_str(&a, str_cut(line, at, at + n));
		passed += bare ? casemap_bare(&a, one).n : one.n;
		if (passed > (size_t)found)
			break;
		at += n;
	}
	arena_free(&a);
	return found < 0 ? -1 : (ptrdiff_t)at;
}

static ptrdiff_t place_of_any(struct str line, const struct snippet_needles *needles)
{
	for (int bare = 0; bare < 2; bare++)
		for (size_t i = 0; i < needles->n; i++) {
			if (needles->list[i].further)
				continue;
			ptrdiff_t at = place_in(line, needles->list[i].mapped, bare != 0);
			if (at >= 0)
				return at;
		}
	return -1;
}

/* The text round `at`, cut between characters, white space and controls as single spaces. */
static struct str window(struct arena *a, struct str text, size_t at)
{
	size_t from = at > BEFORE ? at - BEFORE : 0, to = at + AFTER;
	struct buf b;
	while (from > 0 && from < at && ((unsigned char)text.p[from] & 0xC0) == 0x80)
		from++;
	while (to < text.n && ((unsigned char)text.p[to] & 0xC0) == 0x80)
		to++;
	if (to > text.n)
		to = text.n;
	buf_init(&b, 4096);
	if (from > 0)
		buf_str(&b, STR("…"));
	for (size_t i = from; i < to; i++) {
		char c = text.p[i];
		bool blank = (unsigned char)c <= ' ' || c == 0x7F;
		if (!blank)
			buf_chr(&b, c);
		else if (b.n > 0 && b.p[b.n - 1] != ' ')
			buf_chr(&b, ' ');
	}
	if (to < text.n)
		buf_str(&b, STR("…"));
	struct str s = arena_str(a, str_trim(buf_all(&b)));
	buf_free(&b);
	return s;
}

/* ---- marks ---- */

/* Mapped text, and for each of its bytes where the character stood that it came from. */
struct mapping {
	struct str text;
	const size_t *from; /* one more than there are bytes: the end */
};

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static struct mapping map(struct arena *a, struct str s)
{
	struct str ascii = is_ascii(s) ? casemap_str(a, s) : STR("");
	size_t room = 19 * s.n + 1, n = 0;
	if (ascii.n == s.n)
		room = s.n + 1;
	size_t *from = arena_alloc(a, room * sizeof *from);
	char *text = arena_alloc(a, room);
	if (ascii.n == s.n) {
		for (size_t i = 0; i <= s.n; i++)
			from[i] = i;
		return (struct mapping){ascii, from};
	}
	for (size_t at = 0; at < s.n;) {
		size_t step = char_length(s, at);
		struct str one = casemap_str(a, str_cut(s, at, at + step));
		one = casemap_bare(a, one);
		for (size_t i = 0; i < one.n && n + 1 < room; i++, n++) {
			text[n] = one.p[i];
			from[n] = at;
		}
		at += step;
	}
	from[n] = s.n;
	return (struct mapping){{text, n}, from};
}

struct marking {
	struct arena *a;
	struct mapping in;
	struct snippet_mark *list;
	size_t n;
};

/* The mapped bytes [at, end), as the characters they came from. */
static void mark(struct marking *k, size_t at, size_t end)
{
	size_t first = k->in.from[at], last = end;
	while (last < k->in.text.n && k->in.from[last] == k->in.from[end - 1])
		last++;
	k->list = arena_grow(k->a, k->list, k->n, sizeof *k->list);
	k->list[k->n++] = (struct snippet_mark){first, k->in.from[last] - first};
}

static void mark_words(struct marking *k, const struct snippet_needles *needles)
{
	struct str rest = k->in.text, token;
	bool gap;
	while (token_next(&rest, &token, &gap)) {
		size_t at = (size_t)(token.p - k->in.text.p);
		for (size_t i = 0; i < needles->n; i++) {
			const struct snippet_needle *n = &needles->list[i];
			if ((n->word && str_eq(token, n->bare)) ||
			    (n->prefix && str_starts(token, n->bare))) {
				mark(k, at, at + token.n);
				break;
			}
		}
	}
}

static void mark_text(struct marking *k, struct str needle)
{
	struct str all = k->in.text;
	for (size_t at = 0; at < all.n;) {
		ptrdiff_t found = str_find(str_cut(all, at, all.n), needle);
		if (found < 0)
			return;
		at += (size_t)found + needle.n;
		mark(k, at - needle.n, at);
	}
}

static int by_place(const void *x, const void *y)
{
	const struct snippet_mark *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

size_t snippet_marks(struct arena *a, struct str text, const struct snippet_needles *needles,
		     const struct snippet_mark **out)
{
	struct marking k = {.a = a, .in = map(a, text)};
	size_t n = 0;
	mark_words(&k, needles);
	for (size_t i = 0; i < needles->n; i++)
		if (!needles->list[i].word && !needles->list[i].prefix && needles->list[i].bare.n)
			mark_text(&k, needles->list[i].bare);
	if (k.n > 1)
		qsort(k.list, k.n, sizeof *k.list, by_place);
	/* What overlaps is one. */
	for (size_t i = 0; i < k.n; i++) {
		size_t end = k.list[i].at + k.list[i].n;
		if (n > 0 && k.list[i].at < k.list[n - 1].at + k.list[n - 1].n) {
			if (end > k.list[n - 1].at + k.list[n - 1].n)
				k.list[n - 1].n = end - k.list[n - 1].at;
		} else {
			k.list[n++] = k.list[i];
		}
	}
	*out = k.list;
	return n;
}

/* ---- the snippet ---- */

/* The best window of one part. *spare: one in which the needles stand inside words only. */
static struct str in_part(struct arena *a, const struct record_part *p,
			  const struct snippet_needles *needles, struct str *spare)
{
	const struct snippet_mark *marks;
	struct str text = str_cut(mtext_visible(a, p), 0, MAX_LOOKED_AT), line;
	for (struct str rest = text; str_split(&rest, '\n', &line);) {
		ptrdiff_t at = place_of_any(line, needles);
		if (at < 0)
			continue;
		struct str s = window(a, text, (size_t)(line.p - text.p) + (size_t)at);
		if (snippet_marks(a, s, needles, &marks) > 0)
			return s;
		*spare = spare->n ? *spare : s;
	}
	return STR("");
}

struct str snippet_make(struct arena *a, const struct record *r,
			const struct snippet_needles *needles)
{
	struct str spare = STR("");
	for (size_t i = 0; needles->n > 0 && i < r->n_parts; i++) {
		if (!r->parts[i].searched)
			continue;
		struct str s = in_part(a, &r->parts[i], needles, &spare);
		if (s.n > 0)
			return s;
	}
	return spare;
}
