#include "snippet.h"

#include "casemap.h"
#include "mtext.h"

#define MAX_LOOKED_AT ((size_t)1 << 20)
#define BEFORE 60
#define AFTER 140

struct list {
	struct arena *a;
	struct str *items;
	size_t n;
};

/* The first line of the needle, or the first word: what can stand in one line of text. */
static struct str look_for(const struct qnode *q)
{
	struct str line;
	if (q->kind == QNODE_WORD)
		return q->stem ? q->mapped : q->words[0];
	for (struct str rest = q->mapped; str_split(&rest, '\n', &line);)
		if (line.n > 0)
			return line;
	return STR("");
}

static void collect(struct list *l, const struct qnode *q, bool negated)
{
	bool body = q->kind == QNODE_BODY || q->kind == QNODE_TEXT ||
		    (q->kind == QNODE_WORD &&
		     (q->name.n == 0 || str_eq(q->name, STR("body"))));
	if (body && !negated && look_for(q).n > 0) {
		l->items = arena_grow(l->a, l->items, l->n, sizeof *l->items);
		l->items[l->n++] = look_for(q);
	}
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
			ptrdiff_t at = place_in(line, needles->mapped[i], bare != 0);
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

struct str snippet_make(struct arena *a, const struct record *r,
			const struct snippet_needles *needles)
{
	for (size_t i = 0; needles->n > 0 && i < r->n_parts; i++) {
		if (!r->parts[i].searched)
			continue;
		struct str text = mtext_visible(a, &r->parts[i]), line;
		text = str_cut(text, 0, MAX_LOOKED_AT);
		for (struct str rest = text; str_split(&rest, '\n', &line);) {
			ptrdiff_t at = place_of_any(line, needles);
			if (at >= 0)
				return window(a, text, (size_t)(line.p - text.p) + (size_t)at);
		}
	}
	return STR("");
}
