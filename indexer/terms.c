#include "terms.h"

#include "casemap.h"
#include "html.h"
#include "partkind.h"
#include "recur.h"
#include "schema.h"
#include "token.h"

#include <stdlib.h>

/* Text is mapped in pieces of this many bytes, which end at a line end or a blank when there is
 * one: such a place never lies inside a token. */
#define PIECE ((size_t)256 << 10)
#define MAPPED_MAX (PIECE * 18 + 64)
/* Pieces of a header field overlap by so many bytes, more than any gram. */
#define OVERLAP 32
/* Places of the set to begin with. */
#define SLOTS ((size_t)2048)

struct slot {
	uint32_t hash, index; /* index into list, plus 1; 0: free */
};

struct terms {
	struct xap_term *list;
	size_t n, cap;
	struct slot *slots;
	size_t n_slots; /* a power of two */
	struct buf mapped;
	struct arena *a;
	bool cut; /* SCHEMA_MARK_LONG is due */
	bool cut_inside; /* SCHEMA_MARK_INSIDE is */
	struct recur *recur;
	struct filter_maker *filter;
	const struct terms_message *in;
	bool expect; /* see terms_expect */
	struct terms_line *lines;
	size_t n_lines;
};

/* ---- the set of distinct terms ---- */

static void size_to(struct terms *t, size_t n_slots)
{
	t->n_slots = n_slots;
	t->cap = n_slots / 2;
	t->slots = err_realloc(t->slots, n_slots * sizeof *t->slots);
	t->list = err_realloc(t->list, t->cap * sizeof *t->list);
}

/* After a message with very many terms the set becomes small again: it is emptied each time. */
static void start(struct terms *t, struct arena *a)
{
	t->n = 0;
	t->cut = t->cut_inside = false;
	t->a = a;
	if (t->n_slots > 8 * SLOTS)
		size_to(t, SLOTS);
	memset(t->slots, 0, t->n_slots * sizeof *t->slots);
}

struct terms *terms_new(struct filter_maker *filter)
{
	struct terms *t = err_alloc(sizeof *t);
	t->filter = filter;
	t->recur = recur_new();
	size_to(t, SLOTS);
	buf_init(&t->mapped, MAPPED_MAX);
	return t;
}

void terms_free(struct terms **t)
{
	if (*t == NULL)
		return;
	free((*t)->list);
	free((*t)->slots);
	buf_free(&(*t)->mapped);
	recur_free(&(*t)->recur);
	free(*t);
	*t = NULL;
}

static void grow(struct terms *t)
{
	size_t n = 2 * t->n_slots;
	struct slot *slots = err_alloc(n * sizeof *slots);
	for (size_t i = 0; i < t->n_slots; i++) {
		size_t at = t->slots[i].hash & (n - 1);
		if (t->slots[i].index == 0)
			continue;
		while (slots[at].index)
			at = (at + 1) & (n - 1);
		slots[at] = t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	t->cap = n / 2;
	t->list = err_realloc(t->list, t->cap * sizeof *t->list);
}

static uint32_t hash_of_term(char prefix, struct str s)
{
	uint64_t h = (unsigned char)prefix * UINT64_C(0x9E3779B97F4A7C15) + s.n;
	while (s.n >= 8) {
		uint64_t v;
		memcpy(&v, s.p, 8);
		h = (h ^ v) * UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 32;
		s = (struct str){s.p + 8, s.n - 8};
	}
	uint64_t v = 0;
	memcpy(&v, s.p, s.n);
	h = (h ^ v) * UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(h >> 32);
}

static bool is_term(struct str term, char prefix, struct str s)
{
	return term.n == s.n + 1 && term.p[0] == prefix && memcmp(term.p + 1, s.p, s.n) == 0;
}

/* Adds prefix + s unless it is there. Returns whether it is new. */
static bool add(struct terms *t, char prefix, struct str s)
{
	if (s.n == 0)
		return false;
	if (s.n > SCHEMA_MAX_TOKEN) {
		s.n = SCHEMA_MAX_TOKEN;
		t->cut = true;
	}
	for (; memchr(s.p, '\0', s.n) && schema_cost(s) > SCHEMA_MAX_TOKEN; s.n--)
		t->cut = true;
	uint32_t hash = hash_of_term(prefix, s);
	size_t at = hash & (t->n_slots - 1);
	for (; t->slots[at].index; at = (at + 1) & (t->n_slots - 1))
		if (t->slots[at].hash == hash &&
		    is_term(t->list[t->slots[at].index - 1].term, prefix, s))
			return false;
	if (t->n >= TERMS_MAX) {
		t->cut = true;
		return false;
	}
	char *copy = arena_alloc(t->a, s.n + 1);
	copy[0] = prefix;
	memcpy(copy + 1, s.p, s.n);
	t->list[t->n++] = (struct xap_term){{copy, s.n + 1}, 0};
	t->slots[at] = (struct slot){hash, (uint32_t)t->n};
	if (t->n + 1 >= t->cap)
		grow(t);
	return true;
}

static void add_mark(struct terms *t, enum schema_mark mark)
{
	char c = (char)mark;
	add(t, 'M', (struct str){&c, 1});
}

/* ---- text ---- */

static bool is_ascii(struct str s)
{
	unsigned char all = 0;
	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

/* The mapped text in t->mapped, cut into tokens. */
static void add_tokens(struct terms *t, char prefix)
{
	struct str rest = buf_all(&t->mapped), token;
	bool gap;
	while (token_next(&rest, &token, &gap) == 1) {
		if (!add(t, prefix, token) || is_ascii(token))
			continue;
		struct str bare = casemap_bare(t->a, token);
		if (!str_eq(bare, token))
			add(t, 'V', bare);
	}
}

/* How much of s to take at once: up to the last line end or blank in the first PIECE bytes. */
static size_t piece_of(struct terms *t, struct str s)
{
	if (s.n <= PIECE)
		return s.n;
	for (size_t i = PIECE; i > PIECE / 2; i--)
		if (s.p[i - 1] == '\n' || s.p[i - 1] == ' ')
			return i;
	t->cut = true; /* some token is cut here, in the middle of a character perhaps */
	return PIECE;
}

static void add_text(struct terms *t, char prefix, struct str text)
{
	while (text.n) {
		size_t n = piece_of(t, text);
		buf_clear(&t->mapped);
		casemap_add(&t->mapped, str_cut(text, 0, n));
		t->cut |= t->mapped.full;
		add_tokens(t, prefix);
		text = str_cut(text, n, text.n);
	}
}

/* ---- the message ---- */

static const struct {
	const char *name;
	char prefix;
} keyed[MAIL_KEYS] = {
	[MAIL_FROM] = {"From", 'F'}, [MAIL_TO] = {"To", 'T'},	       [MAIL_CC] = {"Cc", 'C'},
	[MAIL_BCC] = {"Bcc", 'R'},   [MAIL_SUBJECT] = {"Subject", 'S'},
};

/* The key of a field name, or -1. */
static int key_of(struct str name)
{
	for (int i = 0; i < MAIL_KEYS; i++)
		if (str_ieq(name, str_of(keyed[i].name)))
			return i;
	return -1;
}

static void add_fields(struct terms *t, const struct mail *m, const struct record *r)
{
	const struct mail_part *top = &m->parts[0];
	for (size_t i = 0; i < r->n_texts; i++)
		add_text(t, keyed[r->texts[i].key].prefix, r->texts[i].text);
	for (size_t i = 0; i < top->n_fields; i++) {
		int key = key_of(top->fields[i].name);
		if (key >= 0)
			add_text(t, keyed[key].prefix, top->fields[i].value);
		buf_clear(&t->mapped);
		casemap_add(&t->mapped, top->fields[i].name);
		t->cut |= t->mapped.full;
		add(t, 'H', buf_all(&t->mapped));
	}
}

static void add_message_id(struct terms *t, struct str id)
{
	char term[SCHEMA_ID_TERM];
	if (id.n == 0)
		return;
	schema_message_id(id, term);
	add(t, term[0], str_of(term + 1));
}

static void add_parts(struct terms *t, const struct mail *m)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *p = &m->parts[i];
		if (!p->searched)
			continue;
		add_text(t, 'B', p->text);
		if (str_eq(p->type, STR("text/html")))
			add_text(t, 'V', html_text(t->a, p->text));
	}
}

/* ---- attachments ---- */

/* Tokens as they are, and without their marks: so one prefix tells all that a word finds. */
static void add_inside(struct terms *t, struct str text)
{
	struct str token, mapped;
	bool gap;
	while (text.n) {
		size_t n = piece_of(t, text);
		buf_clear(&t->mapped);
		casemap_add(&t->mapped, str_cut(text, 0, n));
		t->cut |= t->mapped.full;
		for (mapped = buf_all(&t->mapped); token_next(&mapped, &token, &gap) == 1;)
			if (add(t, 'D', token) && !is_ascii(token))
				add(t, 'D', casemap_bare(t->a, token));
		text = str_cut(text, n, text.n);
	}
}

static void add_attachments(struct terms *t, const struct record *r)
{
	bool cut = t->cut;
	t->cut = false;
	for (size_t i = 0; i < r->n_parts; i++) {
		add_inside(t, r->parts[i].filename);
		add_inside(t, r->parts[i].inside);
	}
	t->cut_inside = t->cut;
	t->cut = cut;
}

/* What they are, and what came of looking into them. */
static void add_kinds(struct terms *t, const struct record *r)
{
	for (size_t i = 0; i < r->n_parts; i++) {
		const struct record_part *p = &r->parts[i];
		const char *kind = i > 0 || p->attachment ? partkind_of(p) : NULL;
		if (p->attachment)
			add(t, 'P', STR("attachment"));
		if (kind != NULL)
			add(t, 'P', str_of(kind));
		add(t, 'O', str_of(record_outcome_name(p->outcome)));
		if (record_is_short(p->outcome))
			add_mark(t, SCHEMA_MARK_PARTIAL);
	}
}

/* ---- header lines ---- */

static void map(struct terms *t, struct str s)
{
	buf_clear(&t->mapped);
	casemap_add(&t->mapped, s);
}

static void filter_piece(struct terms *t, struct str s)
{
	const struct archive_msg *msg = t->in->msg;
	map(t, s);
	filter_add(t->filter, t->in->docid, msg->segment, msg->frame, buf_all(&t->mapped));
}

static void filter_long(struct terms *t, struct str s)
{
	while (s.n > PIECE) {
		size_t n = PIECE;
		filter_piece(t, str_cut(s, 0, n));
		n -= OVERLAP;
		while (((unsigned char)s.p[n] & 0xC0) == 0x80 && n > PIECE / 2)
			n--;
		s = str_cut(s, n, s.n);
	}
	filter_piece(t, s);
}

/* Fits into a term, and into a line of the lexicon? */
static bool fits(struct str s)
{
	return s.n > 0 && s.n <= SCHEMA_MAX_TOKEN && memchr(s.p, '\0', s.n) == NULL &&
	       memchr(s.p, '\n', s.n) == NULL;
}

/* Is the line "NAME: VALUE", short and plain enough to be a term? A CR at its end is none where a
 * text goes on with LF. */
static bool may_be_term(struct str line, const struct mail_field *f)
{
	return f->name.n > 0 && fits(line) && is_ascii(line) && !str_ends(line, STR("\r")) &&
	       line.n == f->name.n + 2 + f->value.n && line.p[f->name.n] == ':' &&
	       line.p[f->name.n + 1] == ' ';
}

/* All that a line may be told by. */
static void expect_line(struct terms *t, struct str line, const struct mail_field *f, bool top)
{
	struct terms_line x = {.top = top};
	if (line.n > PIECE || (top && key_of(f->name) >= 0))
		return;
	map(t, line);
	x.mapped = arena_str(t->a, buf_all(&t->mapped));
	if (may_be_term(line, f)) {
		x.prefix = top ? 'L' : 'N';
		add(t, x.prefix, x.mapped);
	}
	map(t, f->name);
	x.name = arena_str(t->a, buf_all(&t->mapped));
	if (top)
		add(t, 'U', x.name);
	t->lines = arena_grow(t->a, t->lines, t->n_lines, sizeof *t->lines);
	t->lines[t->n_lines++] = x;
}

/* A line of the top header that is told by its tokens, or of which the filter tells. */
static void add_line(struct terms *t, struct str line, const struct mail_field *f, bool top)
{
	if (top && key_of(f->name) >= 0)
		return;
	if (may_be_term(line, f)) {
		map(t, line);
		if (recur_line(t->recur, buf_all(&t->mapped))) {
			add(t, top ? 'L' : 'N', buf_all(&t->mapped));
			return;
		}
	}
	filter_long(t, line);
	if (top && f->name.n > 0) {
		map(t, f->name);
		add(t, 'U', buf_all(&t->mapped));
	}
}

/* The lines of the decoded blocks, as TEXT sees them. */
static void add_lines(struct terms *t, const struct mail *m)
{
	const struct archive_msg *msg = t->in->msg;
	if (!t->expect)
		filter_add(t->filter, t->in->docid, msg->segment, msg->frame, STR(""));
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct mail_part *part = &m->parts[i];
		const char *at = part->header.p;
		for (size_t k = 0; k < part->n_fields; k++) {
			const char *end = part->fields[k].value.p + part->fields[k].value.n;
			struct str line = {at, (size_t)(end - at)};
			if (t->expect)
				expect_line(t, line, &part->fields[k], i == 0);
			else
				add_line(t, line, &part->fields[k], i == 0);
			at = end + 1;
		}
	}
}

void terms_collect(struct terms *t, struct arena *a, const struct terms_message *in,
		   const struct xap_term **out, size_t *n_out)
{
	const struct record *r = in->r;
	start(t, a);
	t->in = in;
	if (r->big)
		add_mark(t, SCHEMA_MARK_BIG);
	if (r->marks)
		add_mark(t, SCHEMA_MARK_PARTIAL);
	add_message_id(t, r->message_id);
	add_kinds(t, r);
	add_fields(t, in->m, r);
	add_lines(t, in->m);
	add_parts(t, in->m);
	add_attachments(t, r);
	/* The set may be full; marks must not be lost, so there is room for two more behind it. */
	if (t->cut)
		t->list[t->n++] = (struct xap_term){STR("ML"), 0};
	if (t->cut_inside)
		t->list[t->n++] = (struct xap_term){STR("MD"), 0};
	*out = t->list;
	*n_out = t->n;
}

void terms_expect(struct terms *t, struct arena *a, const struct terms_message *in,
		  const struct xap_term **out, size_t *n_out)
{
	t->expect = true;
	t->lines = NULL;
	t->n_lines = 0;
	terms_collect(t, a, in, out, n_out);
	t->expect = false;
}

const struct terms_line *terms_lines(const struct terms *t, size_t *n_out)
{
	*n_out = t->n_lines;
	return t->lines;
}

void terms_quarantined(struct terms *t, const struct xap_term **out, size_t *n_out)
{
	t->list[0] = (struct xap_term){STR("MQ"), 0};
	*out = t->list;
	*n_out = 1;
}
