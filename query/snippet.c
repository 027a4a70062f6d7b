#include "snippet.h"

#include "casemap.h"
#include "html.h"
#include "mtext.h"
#include "token.h"
#include "utf8.h"
#include "wild.h"

#include <stdlib.h>

#define MAX_LOOKED_AT ((size_t)1 << 20)
#define PIECE ((size_t)8 << 10)
#define BEFORE 60
#define AFTER 140

struct list {
	struct arena *a;
	bool in_bodies, in_attachments; /* of the needles that are added */
	struct snippet_needle *items;
	size_t n;
};

static void add(struct list *l, struct snippet_needle needle)
{
	if (needle.mapped.n == 0)
		return;
	needle.bare = casemap_bare(l->a, needle.mapped);
	needle.in_bodies = l->in_bodies;
	needle.in_attachments = l->in_attachments;
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

/* Of words that are not told whole the longest piece. */
static void add_phrases(struct list *l, const struct qnode *q)
{
	for (size_t i = 0; i < q->n_phrases; i++)
		for (size_t k = 0; k < q->phrases[i].n; k++) {
			const struct wild_word *w = &q->phrases[i].words[k];
			struct snippet_needle needle = {.mapped = w->pieces[0], .further = k > 0};
			for (size_t p = 1; p < w->n; p++)
				if (w->pieces[p].n > needle.mapped.n)
					needle.mapped = w->pieces[p];
			needle.word = w->n == 1 && !w->front && !w->back;
			needle.prefix = w->n == 1 && !w->front && w->back;
			add(l, needle);
		}
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
	bool words = q->kind == QNODE_WORD || q->n_phrases > 0;
	l->in_bodies = !words || q->name.n == 0 || str_eq(q->name, STR("body")) ||
		       str_eq(q->name, STR("text"));
	l->in_attachments = words && (q->name.n == 0 || str_eq(q->name, STR("attachment")));
	words = words && !negated && (l->in_bodies || l->in_attachments);
	if (words && q->n_phrases == 0)
		add_words(l, q);
	else if (words)
		add_phrases(l, q);
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

/* A character, mapped and bare. Most are of ASCII, where this is plain. */
static struct str map_char(struct arena *a, struct str one)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	if (one.n == 1 && one.p[0] >= 'a' && one.p[0] <= 'z')
		return (struct str){&letters[one.p[0] - 'a'], 1};
	if (one.n == 1 && (unsigned char)one.p[0] < 0x80)
		return one;
	return casemap_bare(a, casemap_str(a, one));
}

static size_t char_length(struct str s, size_t at)
{
	size_t n = 1;
	while (at + n < s.n && ((unsigned char)s.p[at + n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* The place in the line of what stands at `found` when it is mapped (and, bare, unmarked). */
static size_t place_in(struct arena *a, struct str line, size_t found, bool bare)
{
	size_t at = 0, passed = 0;
	while (at < line.n) {
		size_t n = char_length(line, at);
		struct str one = casemap_str(a, str_cut(line, at, at + n));
		passed += bare ? casemap_bare(a, one).n : one.n;
		if (passed > found)
			break;
		at += n;
	}
	return at;
}

/* Where in the line the first needle that stands there begins, or -1. */
static ptrdiff_t place_of_any(struct str line, const struct snippet_needles *needles)
{
	struct arena a = {0};
	struct str mapped = casemap_str(&a, line);
	ptrdiff_t found = -1;
	for (int bare = 0; bare < 2 && found < 0; bare++) {
		if (bare)
			mapped = casemap_bare(&a, mapped);
		for (size_t i = 0; i < needles->n && found < 0; i++)
			if (!needles->list[i].further)
				found = str_find(mapped, needles->list[i].mapped);
		if (found >= 0)
			found = (ptrdiff_t)place_in(&a, line, (size_t)found, bare != 0);
	}
	arena_free(&a);
	return found;
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
	const size_t *from; /* one more than there are bytes: the end; NULL: each where it was */
};

static size_t origin(const struct mapping *m, size_t at)
{
	return m->from ? m->from[at] : at;
}

static struct mapping map(struct arena *a, struct str s)
{
	struct str ascii = utf8_ascii(s) == s.n ? casemap_str(a, s) : STR("");
	size_t room = 19 * s.n + 1, n = 0;
	if (ascii.n == s.n)
		return (struct mapping){ascii, NULL};
	size_t *from = arena_alloc(a, room * sizeof *from);
	char *text = arena_alloc(a, room);
	for (size_t at = 0; at < s.n;) {
		size_t step = char_length(s, at);
		struct str one = map_char(a, str_cut(s, at, at + step));
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
	size_t first = origin(&k->in, at), last = end;
	while (last < k->in.text.n && origin(&k->in, last) == origin(&k->in, end - 1))
		last++;
	k->list = arena_grow(k->a, k->list, k->n, sizeof *k->list);
	k->list[k->n++] = (struct snippet_mark){first, origin(&k->in, last) - first};
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

/* A text, mapped, as far as it was looked through for lines that have a needle. */
struct side {
	struct str mapped;
	size_t at;              /* where the next line begins */
	size_t *next;           /* by needle: its first place from `at` on; SIZE_MAX: none */
	size_t place, line;     /* of the first of them */
};

/* The text is mapped once as a whole, with marks and without, and of its lines only those are
 * looked at where a needle was found: mapping keeps lines. */
struct lines {
	struct str rest;        /* of the text */
	size_t passed;          /* lines */
	struct side side[2];
	const struct snippet_needles *needles;
};

static void begin_side(struct side *s, struct arena *a, struct str mapped, size_t n)
{
	*s = (struct side){.mapped = mapped};
	s->next = arena_alloc(a, n * sizeof *s->next + 1);
}

/* Looks for the next place of each needle that was passed. */
static void look_on(struct side *s, const struct lines *l)
{
	struct str rest = str_cut(s->mapped, s->at, s->mapped.n);
	size_t first = SIZE_MAX;
	for (size_t i = 0; i < l->needles->n; i++) {
		const struct snippet_needle *needle = &l->needles->list[i];
		if (needle->further)
			continue;
		if (s->next[i] < s->at || (s->next[i] == 0 && l->passed == 0)) {
			ptrdiff_t at = str_find(rest, needle->mapped);
			s->next[i] = at < 0 ? SIZE_MAX : s->at + (size_t)at;
		}
		first = s->next[i] < first ? s->next[i] : first;
	}
	s->place = first;
	s->line = first == SIZE_MAX ? SIZE_MAX : l->passed;
	for (size_t i = s->at; first != SIZE_MAX && i < first; s->line++) {
		ptrdiff_t end = str_chr(str_cut(s->mapped, i, first), '\n');
		if (end < 0)
			break;
		i += (size_t)end + 1;
	}
}

/* Passes lines up to the next in which a needle stands. */
static bool next_line(struct lines *l, struct str *out)
{
	size_t line = SIZE_MAX;
	for (struct side *s = l->side; s < l->side + 2; s++) {
		if (s->place < s->at || l->passed == 0)
			look_on(s, l);
		line = s->line < line ? s->line : line;
	}
	if (line == SIZE_MAX)
		return false;
	for (; l->passed <= line; l->passed++) {
		for (struct side *s = l->side; s < l->side + 2; s++) {
			ptrdiff_t n = str_chr(str_cut(s->mapped, s->at, s->mapped.n), '\n');
			s->at = n < 0 ? s->mapped.n : s->at + (size_t)n + 1;
		}
		if (!str_split(&l->rest, '\n', out))
			return false;
	}
	return true;
}

/* The next piece of a text to look through: lines, about so many bytes. */
static struct str next_piece(struct str *rest)
{
	size_t n = rest->n < PIECE ? rest->n : PIECE;
	ptrdiff_t end = n < rest->n ? str_chr(str_cut(*rest, n, rest->n), '\n') : -1;
	n = end < 0 ? rest->n : n + (size_t)end + 1;
	struct str piece = str_cut(*rest, 0, n);
	*rest = str_cut(*rest, n, rest->n);
	return piece;
}

/* The best window round a line of the piece. */
static struct str in_piece(struct arena *a, struct str text, struct str piece,
			   const struct snippet_needles *needles, struct str *spare)
{
	const struct snippet_mark *marks;
	struct arena scratch = {0};
	struct lines l = {.rest = piece, .needles = needles};
	struct str mapped = casemap_str(&scratch, piece), line, out = STR("");
	begin_side(&l.side[0], &scratch, mapped, needles->n);
	begin_side(&l.side[1], &scratch, casemap_bare(&scratch, mapped), needles->n);
	while (out.n == 0 && next_line(&l, &line)) {
		ptrdiff_t at = place_of_any(line, needles);
		if (at < 0)
			continue;
		struct str s = window(a, text, (size_t)(line.p - text.p) + (size_t)at);
		if (snippet_marks(a, s, needles, &marks) > 0)
			out = s;
		else if (spare->n == 0)
			*spare = s;
	}
	arena_free(&scratch);
	return out;
}

/* The best window of one text. *spare: one in which the needles stand inside words only. */
static struct str in_text(struct arena *a, struct str text, const struct snippet_needles *needles,
			  struct str *spare)
{
	struct str out = STR("");
	text = str_cut(text, 0, MAX_LOOKED_AT);
	for (struct str rest = text; out.n == 0 && rest.n > 0;)
		out = in_piece(a, text, next_piece(&rest), needles, spare);
	return out;
}

/* Those that are looked for in bodies, or inside attachments. */
static struct snippet_needles some_of(struct arena *a, const struct snippet_needles *all,
				      bool inside)
{
	struct snippet_needle *list = arena_alloc(a, all->n * sizeof *list + 1);
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++)
		if (inside ? all->list[i].in_attachments : all->list[i].in_bodies)
			list[n++] = all->list[i];
	return (struct snippet_needles){list, n};
}

struct picking {
	struct arena *a;
	struct str spare, hidden; /* when there is nothing better */
	struct snippet_source spare_from, hidden_from;
};

/* The best window of one text; what is no more than good enough is kept. */
static struct str pick(struct picking *k, struct str text, const struct record_part *html,
		       const struct snippet_needles *needles, struct snippet_source from)
{
	struct str spare = STR(""), s = in_text(k->a, text, needles, &spare);
	if (html != NULL && s.n + spare.n > 0) {
		struct html_seen seen = html_read(k->a, html->text);
		struct str shown = STR(""), rest = STR("");
		if (seen.n_hidden > 0)
			shown = in_text(k->a, html_visible(k->a, &seen), needles, &rest);
		from.hidden = seen.n_hidden > 0 && shown.n == 0 && (s.n > 0 || rest.n == 0);
		if (seen.n_hidden > 0 && !from.hidden) {
			s = shown;
			spare = rest;
		}
	}
	if (k->spare.n == 0 && spare.n > 0) {
		k->spare = spare;
		k->spare_from = from;
	}
	if (from.hidden && k->hidden.n == 0) {
		k->hidden = s;
		k->hidden_from = from;
	}
	return from.hidden ? STR("") : s;
}

struct str snippet_make(struct arena *a, const struct record *r,
			const struct snippet_needles *all, struct snippet_source *from)
{
	struct picking k = {.a = a};
	for (int inside = 0; inside < 2; inside++) {
		const struct snippet_needles needles = some_of(a, all, inside);
		for (size_t i = 0; needles.n > 0 && i < r->n_parts; i++) {
			const struct record_part *p = &r->parts[i];
			const bool html = str_eq(p->type, STR("text/html"));
			struct str s = STR("");
			*from = (struct snippet_source){.part = i, .attached = inside};
			if (p->searched && (!inside || p->attachment))
				s = pick(&k, mtext_visible(a, p), html ? p : NULL, &needles,
					 *from);
			if (s.n == 0 && inside)
				s = pick(&k, p->inside, NULL, &needles, *from);
			if (s.n > 0)
				return s;
		}
		if (k.hidden.n > 0) {
			*from = k.hidden_from;
			return k.hidden;
		}
	}
	*from = k.spare.n ? k.spare_from : (struct snippet_source){0};
	return k.spare;
}
