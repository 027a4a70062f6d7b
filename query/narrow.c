#include "narrow.h"

#include "casemap.h"
#include "schema.h"
#include "stemterm.h"
#include "token.h"

/* More terms than this cost more to mark than the matcher saves. */
#define MAX_TERMS 20000

static const char key_prefix[] = {
	[MAIL_FROM] = 'F', [MAIL_TO] = 'T', [MAIL_CC] = 'C', [MAIL_BCC] = 'R',
	[MAIL_SUBJECT] = 'S',
};
static const char *const key_name[] = {
	[MAIL_FROM] = "from", [MAIL_TO] = "to", [MAIL_CC] = "cc", [MAIL_BCC] = "bcc",
	[MAIL_SUBJECT] = "subject",
};

static int mark(struct narrow *n, const struct str *terms, size_t n_terms, struct bits *out,
		struct err *err)
{
	return xap_mark(n->seg->db, terms, n_terms, out->w, out->n, err);
}

static struct str term_of(struct narrow *n, char prefix, struct str token)
{
	char *p = arena_alloc(&n->a, token.n + 1);
	p[0] = prefix;
	if (token.n > 0)
		memcpy(p + 1, token.p, token.n);
	return (struct str){p, token.n + 1};
}

int narrow_open(struct narrow *n, struct iseg *seg, struct err *err)
{
	const char cut[] = {'M', SCHEMA_MARK_LONG}, lost[] = {'M', SCHEMA_MARK_QUARANTINED};
	const struct str terms[] = {{lost, 2}, {cut, 2}};
	size_t docs = (size_t)(seg->last - seg->first + 1);
	*n = (struct narrow){.seg = seg};
	for (size_t i = 0; i < MAIL_KEYS; i++)
		n->names[i] = casemap_str(&n->keep, str_of(key_name[i]));
	n->always = bits_new(docs);
	n->unknown = bits_new(docs);
	if (mark(n, terms, 2, &n->always, err) > 0 && mark(n, terms, 1, &n->unknown, err) > 0)
		return 1;
	narrow_close(n);
	return -1;
}

void narrow_close(struct narrow *n)
{
	bits_free(&n->always);
	bits_free(&n->unknown);
	arena_free(&n->keep);
	arena_free(&n->a);
}

/* ---- tokens of a line ---- */

struct piece {
	struct str token;
	enum lexicon_place place;
};

/* Cuts the next token off *rest, with the place it may have in a term. first: *rest is the
 * whole line still. */
static bool next_piece(struct str *rest, bool first, struct piece *out)
{
	bool gap;
	if (!token_next(rest, &out->token, &gap))
		return false;
	bool open_front = first && !gap, open_back = rest->n == 0;
	if (open_front)
		out->place = open_back ? LEXICON_INFIX : LEXICON_SUFFIX;
	else
		out->place = open_back ? LEXICON_PREFIX : LEXICON_WHOLE;
	return true;
}

/* Marks documents with a term that has the piece in its place. 1; 0: too many terms, no
 * documents are marked; -1. */
static int mark_piece(struct narrow *n, char prefix, const struct piece *p, struct bits *out,
		      struct err *err)
{
	const struct str *terms;
	size_t n_terms;
	/* Such a token was cut when indexed: its documents are in n->always. */
	if (p->token.n > SCHEMA_MAX_TOKEN)
		return 1;
	if (halt_step(n->halt, HALT_LOOK))
		return halt_error(n->halt, err);
	if (p->place == LEXICON_WHOLE) {
		struct str term = term_of(n, prefix, p->token);
		return mark(n, &term, 1, out, err);
	}
	struct lexicon_ask ask = {prefix, p->token, p->place, MAX_TERMS, {"", 0}};
	if (!lexicon_expand(n->seg->lexicon, &n->a, &ask, &terms, &n_terms))
		return 0;
	return n_terms == 0 ? 1 : mark(n, terms, n_terms, out, err);
}

/* Can the token be part of the name of one of the five fields? TEXT sees "From: Ann". */
static bool in_a_name(const struct narrow *n, struct str token)
{
	for (size_t i = 0; i < MAIL_KEYS; i++)
		if (str_find(n->names[i], token) >= 0)
			return true;
	return false;
}

/* So few documents are cheaper to judge than to look up one more token for. */
#define FEW 64

/* Marks documents whose terms of one prefix allow the line: all tokens are there. Whole tokens
 * first: each is one term, while ends of tokens may be thousands. */
static int mark_line(struct narrow *n, char prefix, struct str line, bool names, struct bits *out,
		     struct err *err)
{
	struct bits sum = bits_new(out->n), one;
	int r = 1;
	bits_fill(&sum);
	for (int ends = 0; ends < 2; ends++) {
		struct str rest = line;
		struct piece p;
		for (bool first = true; r >= 0 && next_piece(&rest, first, &p); first = false) {
			if ((p.place != LEXICON_WHOLE) != ends || bits_count(&sum) <= FEW ||
			    (names && in_a_name(n, p.token)))
				continue;
			one = bits_new(out->n);
			r = mark_piece(n, prefix, &p, &one, err);
			if (r > 0)
				bits_and(&sum, &one);
			bits_free(&one);
		}
	}
	bits_or(out, &sum);
	bits_free(&sum);
	return r < 0 ? -1 : 1;
}

/* The same over several prefixes: the union. */
static int mark_line_any(struct narrow *n, const char *prefixes, struct str line, bool names,
			 struct bits *out, struct err *err)
{
	for (const char *p = prefixes; *p != '\0'; p++)
		if (mark_line(n, *p, line, names, out, err) < 0)
			return -1;
	return 1;
}

/* Is the line one token and nothing else? Then terms prove it. */
static bool is_token(struct str line)
{
	struct piece p;
	return next_piece(&line, true, &p) && p.place == LEXICON_INFIX &&
	       p.token.n <= SCHEMA_MAX_TOKEN;
}

static void mark_always(struct narrow *n, struct bits *maybe)
{
	bits_or(maybe, &n->always);
}

/* ---- the leaves ---- */

/* Each line of the needle must be allowed by a source. */
typedef int (*source)(struct narrow *n, const void *arg, struct str line, struct bits *out,
		      struct err *err);

static int each_line(struct narrow *n, struct str needle, source mark_source, const void *arg,
		     struct bits *maybe, struct err *err)
{
	struct str line;
	int r = 1;
	arena_reset(&n->a);
	bits_fill(maybe);
	while (r > 0 && str_split(&needle, '\n', &line)) {
		if (line.n == 0)
			continue;
		if (halt_step(n->halt, HALT_LOOK))
			return halt_error(n->halt, err);
		struct bits one = bits_new(maybe->n);
		r = mark_source(n, arg, line, &one, err);
		bits_and(maybe, &one);
		bits_free(&one);
	}
	mark_always(n, maybe);
	return r;
}

static int from_prefixes(struct narrow *n, const void *arg, struct str line, struct bits *out,
			 struct err *err)
{
	return mark_line_any(n, arg, line, false, out, err);
}

/* Terms that prove a needle that is one token. */
static int prove(struct narrow *n, const char *prefixes, struct str needle, struct bits *sure,
		 struct err *err)
{
	struct piece p = {needle, LEXICON_INFIX};
	for (; is_token(needle) && *prefixes != '\0'; prefixes++)
		if (mark_piece(n, *prefixes, &p, sure, err) < 0)
			return -1;
	return 1;
}

/* Documents whose top header has a field of that (mapped) name. */
static int mark_name(struct narrow *n, struct str name, struct bits *out, struct err *err)
{
	struct str term = term_of(n, 'H', name);
	return mark(n, &term, 1, out, err);
}

static bool has_token(struct str needle)
{
	struct piece p;
	return next_piece(&needle, true, &p);
}

int narrow_key(struct narrow *n, enum mail_key key, struct str needle, struct bits *maybe,
	       struct err *err)
{
	const char prefixes[] = {key_prefix[key], '\0'};
	struct bits named = bits_new(maybe->n);
	int r = each_line(n, needle, from_prefixes, prefixes, maybe, err);
	/* What has a term of the field has the field. */
	if (r > 0 && has_token(needle)) {
		bits_free(&named);
		return r;
	}
	if (r > 0)
		r = mark_name(n, n->names[key], &named, err);
	bits_and(maybe, &named);
	mark_always(n, maybe);
	bits_free(&named);
	return r;
}

int narrow_body(struct narrow *n, struct str needle, struct bits *maybe, struct bits *sure,
		struct err *err)
{
	if (each_line(n, needle, from_prefixes, "B", maybe, err) < 0)
		return -1;
	return prove(n, "B", needle, sure, err);
}

/* ---- header text ---- */

/* Marks documents that have the line in one of their recurring header lines, behind the head. 1;
 * 0: too many terms; -1. */
static int mark_recurring(struct narrow *n, char prefix, struct str head, struct str line,
			  struct bits *out, struct err *err)
{
	const struct str *terms;
	size_t n_terms;
	struct lexicon_ask ask = {prefix, line, LEXICON_INFIX, MAX_TERMS, head};
	if (!lexicon_expand(n->seg->lexicon, &n->a, &ask, &terms, &n_terms))
		return 0;
	return n_terms == 0 ? 1 : mark(n, terms, n_terms, out, err);
}

/* Marks documents with the line in a header. */
static int mark_headers(struct narrow *n, struct str line, struct bits *out, struct err *err)
{
	int r = filter_mark(n->seg->filter, line, out->w, out->n);
	for (const char *p = "LN"; r > 0 && *p != '\0'; p++)
		r = mark_recurring(n, *p, STR(""), line, out, err);
	if (r == 0)
		bits_fill(out);
	if (r <= 0)
		return r < 0 ? -1 : 1;
	return mark_line_any(n, "SFTCR", line, true, out, err);
}

static int from_anywhere(struct narrow *n, const void *arg, struct str line, struct bits *out,
			 struct err *err)
{
	(void)arg;
	if (mark_headers(n, line, out, err) < 0)
		return -1;
	return mark_line(n, 'B', line, false, out, err);
}

/* What may have the needle in a header, and what may have it anywhere. */
static int mark_text(struct narrow *n, struct str needle, struct bits *maybe, struct bits *head,
		     struct err *err)
{
	if (str_chr(needle, '\n') >= 0) { /* it may begin in one and end in the other */
		bits_fill(head);
		return each_line(n, needle, from_anywhere, NULL, maybe, err);
	}
	arena_reset(&n->a);
	if (halt_step(n->halt, HALT_LOOK))
		return halt_error(n->halt, err);
	if (mark_headers(n, needle, head, err) < 0)
		return -1;
	mark_always(n, head);
	bits_or(maybe, head);
	return mark_line(n, 'B', needle, false, maybe, err);
}

/* Documents in whose text the needle is for certain, by the header lines and words that the
 * terms tell whole. */
static int prove_text(struct narrow *n, struct str needle, struct bits *sure, struct err *err)
{
	if (str_chr(needle, '\n') >= 0)
		return 1;
	for (const char *p = "LNW"; *p != '\0'; p++)
		if (mark_recurring(n, *p, STR(""), needle, sure, err) < 0)
			return -1;
	return 1;
}

/* The name of a field that is there is in the text, too. 1 or -1. */
static int prove_names(struct narrow *n, struct str needle, struct bits *sure, struct err *err)
{
	static const struct str others[] = {STR("DATE"), STR("MESSAGE-ID"), STR("RECEIVED")};
	int r = 1;
	for (size_t i = 0; r > 0 && i < MAIL_KEYS; i++)
		if (str_find(n->names[i], needle) >= 0)
			r = mark_name(n, n->names[i], sure, err);
	for (size_t i = 0; r > 0 && i < sizeof others / sizeof *others; i++)
		if (str_find(others[i], needle) >= 0 && bits_count(sure) < sure->n)
			r = mark_name(n, others[i], sure, err);
	return r;
}

int narrow_text(struct narrow *n, struct str needle, struct bits *maybe, struct bits *sure,
		struct bits *head, struct err *err)
{
	if (prove_names(n, needle, sure, err) < 0)
		return -1;
	if (bits_count(sure) == sure->n) { /* a letter or two: no need to look any further */
		bits_or(maybe, sure);
		bits_or(head, sure);
		return 1;
	}
	if (mark_text(n, needle, maybe, head, err) < 0 || prove(n, "B", needle, sure, err) < 0)
		return -1;
	return prove_text(n, needle, sure, err);
}

/* A field that has no tokens: its head "NAME: ", and documents with a value that only the filter
 * knows. */
struct field {
	struct str head;
	struct bits rare;
};

static int from_field(struct narrow *n, const void *arg, struct str line, struct bits *out,
		      struct err *err)
{
	const struct field *f = arg;
	struct bits told = bits_new(out->n);
	if (filter_mark(n->seg->filter, line, out->w, out->n) == 0)
		bits_fill(out);
	bits_and(out, &f->rare);
	int r = mark_recurring(n, 'L', f->head, line, &told, err);
	if (r == 0)
		bits_fill(&told);
	bits_or(out, &told);
	bits_free(&told);
	return r < 0 ? -1 : 1;
}

static int narrow_field(struct narrow *n, struct str name, struct str needle, struct bits *maybe,
			struct bits *sure, struct err *err)
{
	struct arena a = {0};
	struct field f = {arena_fmt(&a, "%.*s: ", STR_ARG(name)), bits_new(maybe->n)};
	struct str term = term_of(n, 'U', name);
	int r = mark(n, &term, 1, &f.rare, err);
	if (r > 0)
		r = each_line(n, needle, from_field, &f, maybe, err);
	if (r > 0 && needle.n > 0 && str_chr(needle, '\n') < 0)
		r = mark_recurring(n, 'L', f.head, needle, sure, err);
	bits_free(&f.rare);
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

int narrow_header(struct narrow *n, struct str name, struct str needle, struct bits *maybe,
		  struct bits *sure, struct err *err)
{
	struct arena a = {0};
	struct str mapped = casemap_str(&a, name);
	const char *prefix = NULL;
	bool unknown = false;
	if (schema_cost(mapped) >= SCHEMA_MAX_TOKEN - 1) { /* longer ones were cut */
		arena_free(&a);
		bits_fill(maybe);
		return 1;
	}
	for (size_t i = 0; i < MAIL_KEYS; i++)
		if (str_eq(mapped, n->names[i])) {
			/* Full-width letters: such fields are in the filter, not in terms. */
			unknown = !str_ieq(name, str_of(key_name[i]));
			prefix = &key_prefix[i];
		}
	struct bits named = bits_new(maybe->n);
	int r = mark_name(n, mapped, &named, err);
	if (r > 0 && unknown) {
		bits_fill(maybe);
	} else if (r > 0 && prefix != NULL) {
		const char prefixes[] = {*prefix, '\0'};
		r = each_line(n, needle, from_prefixes, prefixes, maybe, err);
	} else if (r > 0) {
		r = narrow_field(n, mapped, needle, maybe, sure, err);
	}
	bits_and(maybe, &named);
	bits_and(sure, &named);
	mark_always(n, maybe);
	if (needle.n == 0 && prefix == NULL)
		bits_or(sure, &named);
	bits_free(&named);
	arena_free(&a);
	return r;
}

/* The prefixes under which the words of a field stand ("": of any). */
static void prefixes_of(struct str field, char out[8])
{
	memcpy(out, "BFTCRSV", 8);
	if (str_eq(field, STR("body")))
		memcpy(out, "BV", 3);
	for (size_t i = 0; i < MAIL_KEYS; i++)
		if (str_eq(field, str_of(key_name[i])))
			memcpy(out, (char[]){key_prefix[i], 'V', '\0'}, 3);
}

/* Marks documents with a term of that stem under one prefix. 1; 0: too many begin so; -1. */
static int mark_stem(struct narrow *n, struct stem *st, char prefix, const struct narrow_stem *s,
		     struct bits *out, struct err *err)
{
	const struct str *terms;
	size_t n_terms;
	const struct stemterm what = {st, s->stem, s->prefix, prefix};
	arena_reset(&n->a);
	if (!stemterm_find(n->seg, &n->a, &what, &terms, &n_terms))
		return 0;
	return n_terms == 0 ? 1 : mark(n, terms, n_terms, out, err);
}

int narrow_stem(struct narrow *n, struct str field, const struct narrow_stem *s,
		struct bits *maybe, struct err *err)
{
	struct stem *st;
	char prefixes[8];
	int r = 1;
	prefixes_of(field, prefixes);
	stem_open(&st, s->lang);
	for (const char *c = prefixes; r > 0 && *c != '\0'; c++)
		r = mark_stem(n, st, *c, s, maybe, err);
	stem_close(&st);
	if (r == 0)
		bits_fill(maybe);
	mark_always(n, maybe);
	return r < 0 ? -1 : 1;
}

int narrow_words(struct narrow *n, struct str field, const struct str *words, size_t n_words,
		 struct bits *maybe, struct err *err)
{
	char prefixes[8];
	prefixes_of(field, prefixes);
	arena_reset(&n->a);
	bits_fill(maybe);
	for (size_t i = 0; i < n_words; i++) {
		struct bits one = bits_new(maybe->n);
		struct piece p = {words[i], LEXICON_WHOLE};
		int r = 1;
		for (const char *c = prefixes; r > 0 && *c != '\0'; c++)
			r = mark_piece(n, *c, &p, &one, err);
		bits_and(maybe, &one);
		bits_free(&one);
		if (r < 0)
			return -1;
	}
	mark_always(n, maybe);
	return 1;
}

/* What was read of a quarantined message is nothing, also no day. */
static void add_unknown(struct narrow *n, struct bits *maybe, const struct bits *sure)
{
	bits_or(maybe, sure);
	bits_or(maybe, &n->unknown);
}

void narrow_days(struct narrow *n, int32_t lo, int32_t hi, struct bits *maybe, struct bits *sure)
{
	order_mark_days(&n->seg->order, lo, hi, sure->w);
	add_unknown(n, maybe, sure);
}

void narrow_sizes(struct narrow *n, uint64_t lo, uint64_t hi, struct bits *maybe,
		  struct bits *sure)
{
	order_mark_sizes(&n->seg->order, lo, hi, sure->w);
	add_unknown(n, maybe, sure);
}
