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
/* Their names, mapped. */
static const struct str mapped_name[] = {
	[MAIL_FROM] = STR("FROM"), [MAIL_TO] = STR("TO"), [MAIL_CC] = STR("CC"),
	[MAIL_BCC] = STR("BCC"), [MAIL_SUBJECT] = STR("SUBJECT"),
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

void narrow_open(struct narrow *n, struct iseg *seg)
{
	size_t docs = (size_t)(seg->last - seg->first + 1);
	*n = (struct narrow){.seg = seg, .always = bits_new(docs), .unknown = bits_new(docs)};
}

int narrow_marks(struct narrow *n, struct err *err)
{
	const char cut[] = {'M', SCHEMA_MARK_LONG}, lost[] = {'M', SCHEMA_MARK_QUARANTINED};
	const struct str terms[] = {{lost, 2}, {cut, 2}};
	return mark(n, terms, 2, &n->always, err) > 0 &&
	       mark(n, terms, 1, &n->unknown, err) > 0 ? 1 : -1;
}

void narrow_close(struct narrow *n)
{
	bits_free(&n->always);
	bits_free(&n->unknown);
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

/* Documents of whose attachments not all words have a term. */
static int mark_cut_inside(struct narrow *n, struct bits *out, struct err *err)
{
	const struct str term = {(const char[]){'M', SCHEMA_MARK_INSIDE}, 2};
	return mark(n, &term, 1, out, err);
}

/* Marks documents with a term that has the piece in its place. 1; 0: too many terms, no
 * documents are marked; -1. */
static int mark_piece(struct narrow *n, char prefix, const struct piece *p, struct bits *out,
		      struct err *err)
{
	const struct str *terms;
	size_t n_terms;
	if (prefix == 'D' && mark_cut_inside(n, out, err) < 0)
		return -1;
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
static bool in_a_name(struct str token)
{
	for (size_t i = 0; i < MAIL_KEYS; i++)
		if (str_find(mapped_name[i], token) >= 0)
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
			    (names && in_a_name(p.token)))
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

/* A needle that is one token: what has it in a term has it for certain, and nothing else may. 1; 0:
 * too many terms, nothing is marked; -1. */
static int mark_token(struct narrow *n, char prefix, struct str needle, struct bits *maybe,
		      struct bits *sure, struct err *err)
{
	struct piece p = {needle, LEXICON_INFIX};
	struct bits told = bits_new(maybe->n);
	int r = mark_piece(n, prefix, &p, &told, err);
	if (r > 0) {
		bits_or(maybe, &told);
		bits_or(sure, &told);
	}
	bits_free(&told);
	return r;
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
		r = mark_name(n, mapped_name[key], &named, err);
	bits_and(maybe, &named);
	mark_always(n, maybe);
	bits_free(&named);
	return r;
}

int narrow_body(struct narrow *n, struct str needle, struct bits *maybe, struct bits *sure,
		struct err *err)
{
	arena_reset(&n->a);
	int r = is_token(needle) ? mark_token(n, 'B', needle, maybe, sure, err) : 0;
	if (r == 0)
		return each_line(n, needle, from_prefixes, "B", maybe, err);
	mark_always(n, maybe);
	return r;
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

/* Marks documents with the line in a header; in told (or NULL) some that have it for certain, in
 * a line that recurs. */
static int mark_headers(struct narrow *n, struct str line, struct bits *out, struct bits *told,
			struct err *err)
{
	struct bits lines = bits_new(out->n);
	int r = 1, short_of = filter_mark(n->seg->filter, line, out->w, out->n) == 0;
	for (const char *p = "LN"; r > 0 && *p != '\0'; p++)
		r = mark_recurring(n, *p, STR(""), line, &lines, err);
	bits_or(out, &lines);
	if (told)
		bits_or(told, &lines);
	bits_free(&lines);
	if (r == 0 || (r > 0 && short_of)) {
		bits_fill(out);
		return 1;
	}
	if (r <= 0)
		return r < 0 ? -1 : 1;
	return mark_line_any(n, "SFTCR", line, true, out, err);
}

static int from_anywhere(struct narrow *n, const void *arg, struct str line, struct bits *out,
			 struct err *err)
{
	(void)arg;
	if (mark_headers(n, line, out, NULL, err) < 0)
		return -1;
	return mark_line(n, 'B', line, false, out, err);
}

/* A needle without line ends: what may have it in a header, what may have it anywhere, and what
 * has it for certain, by the terms of the body and by the header lines that terms tell whole. */
static int mark_text(struct narrow *n, struct str needle, const struct narrow_text *out,
		     struct err *err)
{
	arena_reset(&n->a);
	if (halt_step(n->halt, HALT_LOOK))
		return halt_error(n->halt, err);
	if (mark_headers(n, needle, out->head, out->sure, err) < 0)
		return -1;
	mark_always(n, out->head);
	bits_or(out->maybe, out->head);
	int r = is_token(needle) ? mark_token(n, 'B', needle, out->maybe, out->sure, err) : 0;
	if (r == 0)
		return mark_line(n, 'B', needle, false, out->maybe, err);
	if (r > 0)
		*out->body = bits_copy(&n->always);
	return r;
}

/* The name of a field that is there is in the text, too. 1 or -1. */
static int prove_names(struct narrow *n, struct str needle, struct bits *sure, struct err *err)
{
	static const struct str others[] = {STR("DATE"), STR("MESSAGE-ID"), STR("RECEIVED")};
	int r = 1;
	for (size_t i = 0; r > 0 && i < MAIL_KEYS; i++)
		if (str_find(mapped_name[i], needle) >= 0)
			r = mark_name(n, mapped_name[i], sure, err);
	for (size_t i = 0; r > 0 && i < sizeof others / sizeof *others; i++)
		if (str_find(others[i], needle) >= 0 && bits_count(sure) < sure->n)
			r = mark_name(n, others[i], sure, err);
	return r;
}

int narrow_text(struct narrow *n, struct str needle, const struct narrow_text *out,
		struct err *err)
{
	struct bits *maybe = out->maybe, *sure = out->sure, *head = out->head;
	if (prove_names(n, needle, sure, err) < 0)
		return -1;
	if (bits_count(sure) == sure->n) { /* a letter or two: no need to look any further */
		bits_or(maybe, sure);
		bits_or(head, sure);
		return 1;
	}
	if (str_chr(needle, '\n') >= 0) { /* it may begin in a header and end in the text */
		bits_fill(head);
		return each_line(n, needle, from_anywhere, NULL, maybe, err);
	}
	return mark_text(n, needle, out, err);
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
		if (str_eq(mapped, mapped_name[i])) {
			/* Full-width letters: such fields are in the filter, not in terms. */
			unknown = !str_ieq(name, str_of(mail_key_names[i]));
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
static void prefixes_of(struct str field, char out[9])
{
	memcpy(out, "BFTCRSVD", 9);
	if (str_eq(field, STR("text")))
		memcpy(out, "BFTCRSV", 8);
	if (str_eq(field, STR("body")) || str_eq(field, STR("link")))
		memcpy(out, "BV", 3);
	if (str_eq(field, STR("attachment")))
		memcpy(out, "BVD", 4);
	if (str_eq(field, STR("filename")))
		memcpy(out, "D", 2);
	for (size_t i = 0; i < MAIL_KEYS; i++)
		if (str_eq(field, str_of(mail_key_names[i])))
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
	if (prefix == 'D' && mark_cut_inside(n, out, err) < 0)
		return -1;
	if (!stemterm_find(n->seg, &n->a, &what, &terms, &n_terms))
		return 0;
	return n_terms == 0 ? 1 : mark(n, terms, n_terms, out, err);
}

int narrow_stem(struct narrow *n, struct str field, const struct narrow_stem *s,
		struct bits *maybe, struct err *err)
{
	struct stem *st;
	char prefixes[9];
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

/* Text as it is belongs to an attachment only where there is one. */
static int keep_attached(struct narrow *n, struct bits *maybe, struct err *err)
{
	struct bits some = bits_new(maybe->n);
	int r = narrow_has(n, STR("attachment"), &some, &some, err);
	bits_and(maybe, &some);
	bits_free(&some);
	return r;
}

int narrow_at(struct narrow *n, struct str field, struct str token, enum lexicon_place place,
	      struct bits *maybe, struct err *err)
{
	struct piece p = {token, place};
	char prefixes[9];
	int r = 1;
	arena_reset(&n->a);
	prefixes_of(field, prefixes);
	bool attached = str_eq(field, STR("attachment"));
	for (const char *c = prefixes; r > 0 && *c != '\0'; c++) {
		r = mark_piece(n, *c, &p, maybe, err);
		if (r > 0 && attached && c[1] == 'D')
			r = keep_attached(n, maybe, err);
	}
	if (r == 0)
		bits_fill(maybe);
	mark_always(n, maybe);
	return r < 0 ? -1 : 1;
}

int narrow_words(struct narrow *n, struct str field, const struct str *words, size_t n_words,
		 struct bits *maybe, struct err *err)
{
	bits_fill(maybe);
	for (size_t i = 0; i < n_words; i++) {
		struct bits one = bits_new(maybe->n);
		int r = narrow_at(n, field, words[i], LEXICON_WHOLE, &one, err);
		bits_and(maybe, &one);
		bits_free(&one);
		if (r < 0)
			return -1;
	}
	mark_always(n, maybe);
	return 1;
}

int narrow_has(struct narrow *n, struct str kind, struct bits *maybe, struct bits *sure,
	       struct err *err)
{
	arena_reset(&n->a);
	struct str term = term_of(n, 'P', kind);
	if (mark(n, &term, 1, sure, err) < 0)
		return -1;
	bits_or(maybe, sure);
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
