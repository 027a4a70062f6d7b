#include "wild.h"

#include "casemap.h"
#include "token.h"
#include "utf8.h"

/* ---- scripts ---- */

/* Thai, Lao, Myanmar, Khmer, Kana, Bopomofo, Han. */
static bool is_spaceless(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1780, 0x17FF}, {0x2E80, 0x2FDF},
		{0x3005, 0x3007}, {0x3021, 0x3029}, {0x3041, 0x312F}, {0x31A0, 0x31BF},
		{0x31F0, 0x31FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF},
		{0x1B000, 0x1B16F}, {0x20000, 0x323AF},
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

/* The character at s.p[at], 0 when there is none. */
static uint32_t character(struct str s, size_t at)
{
	uint32_t cp;
	return at < s.n && utf8_get(s.p + at, s.n - at, &cp) ? cp : 0;
}

static uint32_t last_character(struct str s)
{
	size_t at = s.n;
	while (at > 0 && ((unsigned char)s.p[--at] & 0xC0) == 0x80)
		;
	return character(s, at);
}

/* The voicing marks of Kana make another letter of the one before: no word ends there. */
static bool is_voicing(uint32_t cp)
{
	return cp == 0x3099 || cp == 0x309A;
}

/* ---- making phrases ---- */

static bool is_plain_piece(struct arena *a, struct str s)
{
	return str_eq(casemap_bare(a, s), s);
}

static bool star_at(struct str s, const char *p)
{
	return p >= s.p && p < s.p + s.n && *p == '*';
}

/* Is there nothing but stars from p to the next token? */
static bool stars_until(const char *p, const char *end)
{
	if (p == end)
		return false;
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/* Adds to the word the tokens that only stars part from it. */
static void add_pieces(struct arena *a, struct str *rest, struct wild_word *w, struct str *pieces)
{
	struct str token, probe = *rest;
	bool gap;
	while (token_next(&probe, &token, &gap)) {
		const char *end = pieces[w->n - 1].p + pieces[w->n - 1].n;
		if (!stars_until(end, token.p))
			break;
		pieces = arena_grow(a, pieces, w->n, sizeof *pieces);
		pieces[w->n++] = token;
		w->plain &= is_plain_piece(a, token);
		*rest = probe;
	}
	w->pieces = pieces;
}

size_t wild_words(struct arena *a, struct str *rest, bool stars, const struct wild_word **out)
{
	struct wild_word *list = NULL;
	struct str all = *rest, token;
	size_t n = 0;
	bool gap;
	while (n < WILD_MAX_WORDS && token_next(rest, &token, &gap)) {
		struct wild_word w = {.n = 1, .plain = is_plain_piece(a, token)};
		struct str *pieces = arena_grow(a, NULL, 0, sizeof *pieces);
		pieces[0] = token;
		w.pieces = pieces;
		w.front = stars && token.p > all.p && token.p[-1] == '*';
		if (stars)
			add_pieces(a, rest, &w, pieces);
		struct str last = w.pieces[w.n - 1];
		w.back = stars && star_at(all, last.p + last.n);
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = w;
	}
	if (n > 0) {
		const struct wild_word *w = &list[n - 1];
		list[0].front |= is_spaceless(character(list[0].pieces[0], 0));
		list[n - 1].back |= is_spaceless(last_character(w->pieces[w->n - 1]));
	}
	*out = list;
	return n;
}

bool wild_is_plain(const struct wild_phrase *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->words[i].front || p->words[i].back || p->words[i].n > 1)
			return false;
	return true;
}

/* ---- words ---- */

/* Does the last piece stand there, from `at` on? */
static bool fits_last(const struct wild_word *w, struct str token, size_t at)
{
	struct str piece = w->pieces[w->n - 1];
	if (!w->back)
		return token.n >= at + piece.n && str_ends(token, piece);
	for (;;) {
		ptrdiff_t found = str_find(str_cut(token, at, token.n), piece);
		if (found < 0)
			return false;
		at += (size_t)found;
		if (!is_voicing(character(token, at + piece.n)))
			return true;
		at += piece.n;
	}
}

static bool fits(const struct wild_word *w, struct str token)
{
	struct str first = w->pieces[0];
	size_t at = 0, i = 0;
	if (!w->front && !str_starts(token, first))
		return false;
	if (w->n == 1 && !w->front) {
		if (!w->back)
			return token.n == first.n;
		return !is_voicing(character(token, first.n));
	}
	for (; i + 1 < w->n; i++) {
		ptrdiff_t found = i == 0 && !w->front ? 0 : str_find(str_cut(token, at, token.n),
								      w->pieces[i]);
		if (found < 0)
			return false;
		at += (size_t)found + w->pieces[i].n;
	}
	return fits_last(w, token, at);
}

static bool same(struct arena *a, const struct wild_word *w, struct str token)
{
	if (fits(w, token))
		return true;
	if (!w->plain || utf8_ascii(token) == token.n)
		return false;
	return fits(w, casemap_bare(a, token));
}

/* ---- phrases ---- */

/* Does the phrase begin with this token, `rest` being what follows? */
static bool begins(struct arena *a, const struct wild_phrase *p, struct str token, struct str rest)
{
	bool gap;
	for (size_t i = 0; same(a, &p->words[i], token); i++) {
		if (i + 1 == p->n)
			return true;
		if (!token_next(&rest, &token, &gap))
			return false;
	}
	return false;
}

/* Where a side of NEAR stood last: the last end before the word at hand, and ends behind it. */
struct side {
	const struct wild_phrase *p;
	size_t last; /* words are counted from 1; 0: none yet */
	size_t ahead[WILD_MAX_WORDS], n, head;
};

static void pass(struct side *s, size_t at)
{
	while (s->n > 0 && s->ahead[s->head] < at) {
		s->last = s->ahead[s->head];
		s->head = (s->head + 1) % WILD_MAX_WORDS;
		s->n--;
	}
}

static void found(struct side *s, size_t at)
{
	s->ahead[(s->head + s->n) % WILD_MAX_WORDS] = at + s->p->n - 1;
	s->n++;
}

static bool is_near(const struct side *s, size_t at, uint64_t within)
{
	return s->last > 0 && at - s->last <= within;
}

static bool near(struct arena *a, struct str rest, const struct qnode *q)
{
	struct side x = {.p = &q->phrases[0]}, y = {.p = &q->phrases[1]};
	struct str token;
	bool gap;
	for (size_t at = 1; token_next(&rest, &token, &gap); at++) {
		arena_reset(a);
		pass(&x, at);
		pass(&y, at);
		bool is_x = begins(a, x.p, token, rest), is_y = begins(a, y.p, token, rest);
		if ((is_x && is_near(&y, at, q->number)) || (is_y && is_near(&x, at, q->number)))
			return true;
		if (is_x)
			found(&x, at);
		if (is_y)
			found(&y, at);
	}
	return false;
}

static bool holds(struct arena *a, struct str rest, const struct qnode *q)
{
	struct str token;
	bool gap;
	while (token_next(&rest, &token, &gap)) {
		arena_reset(a);
		if (begins(a, &q->phrases[0], token, rest))
			return true;
	}
	return false;
}

bool wild_holds(struct str mapped, const struct qnode *q)
{
	struct arena a = {0};
	bool yes = q->kind == QNODE_NEAR ? near(&a, mapped, q) : holds(&a, mapped, q);
	arena_free(&a);
	return yes;
}

/* ---- narrowing ---- */

/* By its longest piece, where it stands in the word. */
static int narrow_word(struct narrow *n, struct str field, const struct wild_word *w,
		       struct bits *maybe, struct err *err)
{
	size_t best = 0;
	for (size_t i = 1; i < w->n; i++)
		if (w->pieces[i].n > w->pieces[best].n)
			best = i;
	bool front = w->front || best > 0, back = w->back || best + 1 < w->n;
	enum lexicon_place place = front ? (back ? LEXICON_INFIX : LEXICON_SUFFIX)
					 : (back ? LEXICON_PREFIX : LEXICON_WHOLE);
	return narrow_at(n, field, w->pieces[best], place, maybe, err);
}

int wild_narrow(struct narrow *n, const struct qnode *q, struct bits *maybe, struct err *err)
{
	int r = 1;
	bits_fill(maybe);
	for (size_t i = 0; i < q->n_phrases; i++)
		for (size_t k = 0; r > 0 && k < q->phrases[i].n; k++) {
			struct bits one = bits_new(maybe->n);
			r = narrow_word(n, q->name, &q->phrases[i].words[k], &one, err);
			bits_and(maybe, &one);
			bits_free(&one);
		}
	return r;
}
