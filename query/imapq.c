#include "imapq.h"

#include "archive.h"
#include "casemap.h"
#include "gmlabel.h"
#include "imapin.h"
#include "imapkey.h"
#include "mutf7.h"
#include "stem.h"
#include "token.h"

struct parser {
	struct imaplex lx;
	struct arena *a;
	struct imapq *out;
	int depth;
	size_t leaves;
	bool fuzzy;        /* within what FUZZY applies to */
	bool any_fuzzy;    /* was there any? */
	struct stem *stem; /* NULL: not needed yet */
	size_t bare_end;   /* where the last string without quotes ended, 0: none */
	struct boxq_warning *warnings;
};

static int parse_key(struct parser *ps, const struct qnode **out, struct err *err);

/* NULL, and *err is set, when there are too many. */
static struct qnode *new_leaf(struct parser *ps, enum qnode_kind kind, size_t at, struct err *err)
{
	if (++ps->leaves <= QNODE_MAX_LEAVES)
		return qnode_new(ps->a, kind, imaplex_column(&ps->lx, at));
	imaplex_bad(&ps->lx, at, err, "more than %d keys", QNODE_MAX_LEAVES);
	return NULL;
}

/* ---- what follows a key ---- */

static int parse_keyword(struct parser *ps, struct qnode *q, struct err *err)
{
	if (imaplex_space(&ps->lx, "a keyword", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	if (ps->lx.in.p[at] == '\\')
		return imaplex_bad(&ps->lx, at, err, "expected a keyword; flags with a backslash "
				   "have keys of their own, such as SEEN");
	q->needle = arena_str(ps->a, imaplex_atom(&ps->lx));
	if (q->needle.n == 0 || memchr(q->needle.p, ']', q->needle.n) != NULL)
		return imaplex_bad(&ps->lx, at, err, "expected a keyword, without quotes");
	return 1;
}

static int parse_string(struct parser *ps, struct qnode *q, struct err *err)
{
	if (imaplex_space(&ps->lx, "a string", err) < 0)
		return -1;
	bool bare = strchr("\"{~", ps->lx.in.p[ps->lx.at]) == NULL;
	if (imaplex_text(&ps->lx, &q->needle, err) < 0)
		return -1;
	ps->bare_end = bare ? ps->lx.at : 0;
	q->mapped = casemap_str(ps->a, q->needle);
	return 1;
}

static int parse_tag(struct parser *ps, struct qnode *q, struct err *err)
{
	if (imaplex_space(&ps->lx, "a tag", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	if (imaplex_text(&ps->lx, &q->needle, err) < 0)
		return -1;
	return q->needle.n ? 1 : imaplex_bad(&ps->lx, at, err, "expected a tag, not the empty "
					     "string");
}

static int parse_header(struct parser *ps, struct qnode *q, struct err *err)
{
	struct str name;
	if (imaplex_space(&ps->lx, "a field name", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	if (imaplex_astring(&ps->lx, &name, err) < 0)
		return -1;
	q->name = arena_str(ps->a, name);
	if (str_chr(q->name, ':') >= 0)
		return imaplex_bad(&ps->lx, at, err, "expected a field name without a colon");
	return parse_string(ps, q, err);
}

/* "/flags/\\draft" all: what RFC 7162 lets a client name. Servers that count changes of a
 * message, not of each of its flags, do not tell them apart; nor do the facts of an archive. */
static int parse_entry(struct parser *ps, struct err *err)
{
	struct str entry, type;
	size_t at = ps->lx.at;
	if (imaplex_astring(&ps->lx, &entry, err) < 0)
		return -1;
	if (!str_istarts(entry, STR("/flags/")) || entry.n == 7)
		return imaplex_bad(&ps->lx, at, err, "expected an entry name such as "
				   "\"/flags/\\\\draft\"");
	if (imaplex_space(&ps->lx, "all, priv or shared", err) < 0)
		return -1;
	at = ps->lx.at;
	type = imaplex_atom(&ps->lx);
	if (!str_ieq(type, STR("all")) && !str_ieq(type, STR("priv")) &&
	    !str_ieq(type, STR("shared")))
		return imaplex_bad(&ps->lx, at, err, "expected all, priv or shared");
	return imaplex_space(&ps->lx, "a mod-sequence", err);
}

static int parse_number(struct parser *ps, enum imapkey_shape shape, struct qnode *q,
			struct err *err)
{
	const char *what = shape == IMAPKEY_SIZE  ? "a number of octets"
			   : shape == IMAPKEY_AGE ? "a number of seconds above 0"
						  : "a mod-sequence (a number)";
	if (imaplex_space(&ps->lx, what, err) < 0)
		return -1;
	if (shape == IMAPKEY_MODSEQ && ps->lx.in.p[ps->lx.at] == '"' && parse_entry(ps, err) < 0)
		return -1;
	size_t at = ps->lx.at;
	if (imaplex_number(&ps->lx, what, &q->number, err) < 0)
		return -1;
	if (shape == IMAPKEY_AGE && q->number == 0)
		return imaplex_bad(&ps->lx, at, err, "expected %s", what);
	ps->out->modseq |= shape == IMAPKEY_MODSEQ;
	return 1;
}

static bool is_objectid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		      c == '-' || c == '_'))
			return false;
	}
	return s.n > 0 && s.n <= 255;
}

/* The value that the server gave, as it is kept: text. */
static int parse_id(struct parser *ps, enum imapkey_shape shape, struct qnode *q, struct err *err)
{
	bool gm = shape == IMAPKEY_GMID;
	const char *what = gm ? "a number of Gmail's, decimal"
			      : "an id of up to 255 letters, digits, '-' and '_'";
	uint64_t n = 0;
	if (imaplex_space(&ps->lx, what, err) < 0)
		return -1;
	size_t at = ps->lx.at;
	struct str s;
	int c = imaplex_peek(&ps->lx);
	if (c == '(' || imaplex_astring(&ps->lx, &s, err) < 0)
		s = STR("");
	if (gm ? !str_u64(s, &n) : !is_objectid(s))
		return imaplex_bad(&ps->lx, at, err, "expected %s", what);
	q->needle = gm ? arena_fmt(ps->a, "%llu", (unsigned long long)n) : arena_str(ps->a, s);
	return 1;
}

/* What follows a key that is a leaf. */
static int parse_argument(struct parser *ps, const struct imapkey *k, struct qnode *q,
			  struct err *err)
{
	switch (k->shape) {
	case IMAPKEY_FLAG:
	case IMAPKEY_UNFLAG:
		q->number = k->flag;
		return 1;
	case IMAPKEY_STRING:
		return parse_string(ps, q, err);
	case IMAPKEY_TAG:
		return parse_tag(ps, q, err);
	case IMAPKEY_HEADER:
		return parse_header(ps, q, err);
	case IMAPKEY_KEYWORD:
	case IMAPKEY_UNKEYWORD:
		return parse_keyword(ps, q, err);
	case IMAPKEY_DATE:
		if (imaplex_space(&ps->lx, "a date such as 5-Mar-2020", err) < 0)
			return -1;
		return imaplex_date(&ps->lx, &q->day, err);
	case IMAPKEY_SIZE:
	case IMAPKEY_AGE:
	case IMAPKEY_MODSEQ:
		return parse_number(ps, k->shape, q, err);
	case IMAPKEY_ID:
	case IMAPKEY_GMID:
		return parse_id(ps, k->shape, q, err);
	case IMAPKEY_SET:
		if (imaplex_space(&ps->lx, "a set of UIDs such as 1:10,15", err) < 0)
			return -1;
		return imaplex_set(&ps->lx, q, err);
	default:
		return 1;
	}
}

/* ---- leaves that become more than one ---- */

static const struct qnode *both(struct parser *ps, enum qnode_kind kind, const struct qnode *x,
				const struct qnode *y)
{
	const struct qnode **kids = arena_alloc(ps->a, 2 * sizeof(struct qnode *));
	kids[0] = x;
	kids[1] = y;
	return qnode_join(ps->a, kind, kids, 2);
}

/* NEW is RECENT UNSEEN (flag 1), OLD is NOT RECENT (flag 2). */
static const struct qnode *recent(struct parser *ps, const struct imapkey *k,
				  const struct qnode *q)
{
	if (k->flag == 2)
		return qnode_not(ps->a, q);
	if (k->flag != 1)
		return q;
	struct qnode *seen = qnode_new(ps->a, QNODE_FLAG, q->column);
	seen->number = ARCHIVE_SEEN;
	return both(ps, QNODE_AND, q, qnode_not(ps->a, seen));
}

/* A label of Gmail's: as it stands, or, as Gmail writes them, in modified UTF-7. */
static int parse_label(struct parser *ps, struct qnode *q, const struct qnode **out,
		       struct err *err)
{
	struct str label, utf7;
	if (imaplex_space(&ps->lx, "a label", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	bool own = ps->lx.in.p[at] == '\\';
	ps->lx.at += own;
	if (imaplex_text(&ps->lx, &label, err) < 0)
		return -1;
	if (label.n == 0)
		return imaplex_bad(&ps->lx, at, err, "expected a label, not the empty string");
	if (own)
		label = arena_fmt(ps->a, "\\%.*s", STR_ARG(label));
	q->needle = gmlabel_keyword(ps->a, label);
	*out = q;
	if (!mutf7_encode(ps->a, label, &utf7) || str_eq(utf7, label))
		return 1;
	struct qnode *other = new_leaf(ps, QNODE_KEYWORD, at, err);
	if (other == NULL)
		return -1;
	other->needle = gmlabel_keyword(ps->a, utf7);
	*out = both(ps, QNODE_OR, q, other);
	return 1;
}

/* FUZZY: the stems of the string's words, in any order. A string without words stays what it is. */
static int words_of(struct parser *ps, const struct qnode *q, size_t at, const struct qnode **out,
		    struct err *err)
{
	static const char *const field[] = {
		[QNODE_FROM] = "from", [QNODE_TO] = "to", [QNODE_CC] = "cc", [QNODE_BCC] = "bcc",
		[QNODE_SUBJECT] = "subject", [QNODE_BODY] = "body", [QNODE_TEXT] = "text",
	};
	struct str rest = q->mapped, token;
	const struct qnode **kids = NULL;
	size_t n = 0;
	bool gap;
	if (ps->stem == NULL)
		stem_open(&ps->stem, NULL);
	while (token_next(&rest, &token, &gap)) {
		struct qnode *w = new_leaf(ps, QNODE_WORD, at, err);
		if (w == NULL)
			return -1;
		struct str *word = arena_alloc(ps->a, sizeof *word);
		*word = stem_of(ps->stem, ps->a, token);
		w->name = str_of(field[q->kind]);
		w->needle = *word;
		w->words = word;
		w->n_words = 1;
		w->stem = true;
		w->mapped = stem_prefix(ps->a, *word, NULL);
		kids = arena_grow(ps->a, kids, n, sizeof *kids);
		kids[n++] = w;
	}
	*out = n > 0 ? qnode_join(ps->a, QNODE_AND, kids, n) : q;
	return 1;
}

static int parse_leaf(struct parser *ps, const struct imapkey *k, size_t at,
		      const struct qnode **out, struct err *err)
{
	struct qnode *q = new_leaf(ps, k->kind, at, err);
	if (q == NULL)
		return -1;
	if (k->shape == IMAPKEY_LABEL)
		return parse_label(ps, q, out, err);
	if (parse_argument(ps, k, q, err) < 0)
		return -1;
	if (ps->fuzzy && k->shape == IMAPKEY_STRING)
		return words_of(ps, q, at, out, err);
	if (k->shape == IMAPKEY_UNFLAG || k->shape == IMAPKEY_UNKEYWORD)
		*out = qnode_not(ps->a, q);
	else
		*out = q->kind == QNODE_RECENT ? recent(ps, k, q) : q;
	return 1;
}

/* X-GM-RAW: what the search box would make of the string. */
static int parse_raw(struct parser *ps, const struct qnode **out, struct err *err)
{
	const struct boxq_warning *w;
	struct str text;
	size_t n;
	if (imaplex_space(&ps->lx, "a query of the search box, in quotes", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	int within = ps->lx.in.p[at] == '"';
	if (imaplex_text(&ps->lx, &text, err) < 0)
		return -1;
	if (boxq_parse(ps->a, text, out, &w, &n, err) < 0) {
		err->column = imaplex_column(&ps->lx, at);
		return -1;
	}
	int column = imaplex_column(&ps->lx, at) + within - 1;
	for (size_t i = 0; i < n; i++) {
		size_t *have = &ps->out->n_warnings;
		ps->warnings = arena_grow(ps->a, ps->warnings, *have, sizeof *ps->warnings);
		ps->warnings[(*have)++] = (struct boxq_warning){w[i].column + column, w[i].text};
	}
	ps->out->warnings = ps->warnings;
	return 1;
}

/* ---- the tree ---- */

/* Is this word next, followed by a space? Then it is taken. */
static bool take_word(struct parser *ps, const char *word)
{
	imaplex_peek(&ps->lx);
	size_t at = ps->lx.at;
	if (str_ieq(imaplex_atom(&ps->lx), str_of(word)) && ps->lx.at < ps->lx.in.n &&
	    ps->lx.in.p[ps->lx.at] == ' ')
		return true;
	ps->lx.at = at;
	return false;
}

/* "OR a OR b c" and "OR OR a b c" are both one OR of three: a long chain needs no depth. */
static int parse_or(struct parser *ps, const struct qnode **out, struct err *err)
{
	const struct qnode **kids = NULL;
	size_t n = 0;
	for (size_t need = 2; need > 0;) {
		const struct qnode *kid;
		if (imaplex_space(&ps->lx, n ? "one more search key: OR stands before its two keys"
					     : "two search keys", err) < 0)
			return -1;
		if (take_word(ps, "OR")) {
			need++;
			continue;
		}
		if (parse_key(ps, &kid, err) < 0)
			return -1;
		kids = arena_grow(ps->a, kids, n, sizeof *kids);
		kids[n++] = kid;
		need--;
	}
	*out = qnode_join(ps->a, QNODE_OR, kids, n);
	return 1;
}

static int parse_not(struct parser *ps, const struct qnode **out, struct err *err)
{
	bool odd = true;
	const struct qnode *kid;
	for (;;) {
		if (imaplex_space(&ps->lx, "a search key", err) < 0)
			return -1;
		if (!take_word(ps, "NOT"))
			break;
		odd = !odd;
	}
	if (parse_key(ps, &kid, err) < 0)
		return -1;
	*out = odd ? qnode_not(ps->a, kid) : kid;
	return 1;
}

static int parse_fuzzy(struct parser *ps, const struct qnode **out, struct err *err)
{
	bool was = ps->fuzzy;
	if (imaplex_space(&ps->lx, "a search key", err) < 0)
		return -1;
	ps->fuzzy = ps->any_fuzzy = true;
	int r = parse_key(ps, out, err);
	ps->fuzzy = was;
	return r;
}

/* Keys up to `end` (')' or -1), joined by AND. */
static int parse_keys(struct parser *ps, int end, const struct qnode **out, struct err *err)
{
	const struct qnode **kids = NULL;
	size_t n = 0;
	do {
		const struct qnode *kid;
		size_t was = ps->lx.at;
		int c = imaplex_peek(&ps->lx);
		if (n > 0 && ps->lx.at == was && c == ')' && end < 0)
			return imaplex_bad(&ps->lx, was, err, "')' without '(': expected a space "
					   "and a search key, or the end");
		if (n > 0 && ps->lx.at == was && c != end)
			return imaplex_bad(&ps->lx, was, err, "expected a space%s",
					   end == ')' ? " or ')'" : "");
		if (parse_key(ps, &kid, err) < 0)
			return -1;
		kids = arena_grow(ps->a, kids, n, sizeof *kids);
		kids[n++] = kid;
		was = ps->lx.at;
		c = imaplex_peek(&ps->lx);
		if (c != end)
			ps->lx.at = was;
		else
			break;
		if (c < 0)
			return imaplex_bad(&ps->lx, was, err, "expected ')'");
	} while (true);
	*out = qnode_join(ps->a, QNODE_AND, kids, n);
	return 1;
}

static int parse_group(struct parser *ps, const struct qnode **out, struct err *err)
{
	ps->lx.at++;
	if (parse_keys(ps, ')', out, err) < 0)
		return -1;
	ps->lx.at++;
	return 1;
}

/* A word that is no key. Behind a string without quotes it may be the rest of that. */
static int unknown(struct parser *ps, struct str name, size_t at, struct err *err)
{
	struct str hint = imapkey_hint(ps->a, name);
	struct str gap = str_cut(ps->lx.in, ps->bare_end, at);
	bool behind = ps->bare_end > 0 && ps->bare_end < at && str_trim(gap).n == 0;
	if (hint.n == 0 && behind)
		hint = STR(" (a string with a space in it stands in double quotes)");
	else if (hint.n == 0)
		hint = STR(": expected a search key such as TEXT, FROM or SINCE");
	return imaplex_bad(&ps->lx, at, err, "unknown key '%.40s'%.*s",
			   arena_str(ps->a, name).p, STR_ARG(hint));
}

static int parse_named(struct parser *ps, const struct qnode **out, struct err *err)
{
	size_t at = ps->lx.at;
	struct str name = imaplex_atom(&ps->lx);
	if (name.n == 0)
		return imaplex_bad(&ps->lx, at, err, "expected a search key%s",
				   imaplex_peek(&ps->lx) == '"' ? " before the string, such as TEXT"
								: "");
	const struct imapkey *k = imapkey_find(name);
	if (k == NULL)
		return unknown(ps, name, at, err);
	switch (k->shape) {
	case IMAPKEY_REFUSED:
		return imaplex_bad(&ps->lx, at, err, "%s %s", k->name, k->why);
	case IMAPKEY_NOT:
		return parse_not(ps, out, err);
	case IMAPKEY_OR:
		return parse_or(ps, out, err);
	case IMAPKEY_FUZZY:
		return parse_fuzzy(ps, out, err);
	case IMAPKEY_RAW:
		return parse_raw(ps, out, err);
	default:
		return parse_leaf(ps, k, at, out, err);
	}
}

static int parse_key(struct parser *ps, const struct qnode **out, struct err *err)
{
	int c = imaplex_peek(&ps->lx), r;
	size_t at = ps->lx.at;
	if (++ps->depth > QNODE_MAX_DEPTH)
		return imaplex_bad(&ps->lx, at, err, "nested more than %d deep", QNODE_MAX_DEPTH);
	if (c == '(') {
		r = parse_group(ps, out, err);
	} else if (c == '*' || (c >= '0' && c <= '9')) {
		struct qnode *q = new_leaf(ps, QNODE_SEQ, at, err);
		r = q == NULL ? -1 : imaplex_set(&ps->lx, q, err);
		*out = q;
	} else {
		r = parse_named(ps, out, err);
	}
	ps->depth--;
	return r;
}

static int parse_charset(struct parser *ps, struct err *err)
{
	struct str name;
	imaplex_peek(&ps->lx);
	size_t at = ps->lx.at;
	if (imaplex_astring(&ps->lx, &name, err) < 0 ||
	    imaplex_charset(&ps->lx, name, at, err) < 0)
		return -1;
	return imaplex_space(&ps->lx, "a search key", err);
}

/* IN (…) RETURN (…) CHARSET name keys */
static int parse_program(struct parser *ps, struct err *err)
{
	const struct qnode *where = NULL;
	struct imapq *out = ps->out;
	if (take_word(ps, "IN") && imapin_parse(&ps->lx, &where, err) < 0)
		return -1;
	if (take_word(ps, "RETURN") && imapret_parse(&ps->lx, &out->ret, err) < 0)
		return -1;
	if (take_word(ps, "CHARSET") && parse_charset(ps, err) < 0)
		return -1;
	if (parse_keys(ps, -1, &out->root, err) < 0)
		return -1;
	if (out->ret.relevancy && !ps->any_fuzzy) {
		err_set(err, ERR_INPUT, "RELEVANCY needs a FUZZY key: nothing else is ranked");
		err->column = out->ret.column;
		return -1;
	}
	if (where != NULL)
		out->root = both(ps, QNODE_AND, where, out->root);
	return 1;
}

int imapq_parse(struct arena *a, struct str text, struct imapq *out, struct err *err)
{
	struct parser ps = {.lx = {.a = a, .in = text}, .a = a, .out = out};
	*out = (struct imapq){0};
	if (text.n > QNODE_MAX_TEXT)
		return err_set(err, ERR_INPUT, "the query is longer than %zu bytes",
			       QNODE_MAX_TEXT);
	int r = parse_program(&ps, err);
	stem_close(&ps.stem);
	imaplex_close(&ps.lx);
	return r;
}
