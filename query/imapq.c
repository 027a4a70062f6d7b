#include "imapq.h"

#include "archive.h"
#include "casemap.h"
#include "imaplex.h"

struct parser {
	struct imaplex lx;
	struct arena *a;
	int depth;
	size_t leaves;
};

enum shape {
	BARE,    /* nothing follows: ALL, RECENT, NEW, OLD */
	FLAG, UNFLAG,
	STRING, HEADER, KEYWORD, UNKEYWORD,
	DATE, SIZE, AGE, MODSEQ, UIDS,
	NOT, OR,
	LATER    /* known, and not there yet */
};

struct key {
	const char *name;
	enum shape shape;
	enum qnode_kind kind;
	unsigned flag;
};

static const struct key keys[] = {
	{"ALL", BARE, QNODE_ALL, 0},
	{"ANSWERED", FLAG, QNODE_FLAG, ARCHIVE_ANSWERED},
	{"BCC", STRING, QNODE_BCC, 0},
	{"BEFORE", DATE, QNODE_BEFORE, 0},
	{"BODY", STRING, QNODE_BODY, 0},
	{"CC", STRING, QNODE_CC, 0},
	{"DELETED", FLAG, QNODE_FLAG, ARCHIVE_DELETED},
	{"DRAFT", FLAG, QNODE_FLAG, ARCHIVE_DRAFT},
	{"FLAGGED", FLAG, QNODE_FLAG, ARCHIVE_FLAGGED},
	{"FROM", STRING, QNODE_FROM, 0},
	{"HEADER", HEADER, QNODE_HEADER, 0},
	{"KEYWORD", KEYWORD, QNODE_KEYWORD, 0},
	{"LARGER", SIZE, QNODE_LARGER, 0},
	{"MODSEQ", MODSEQ, QNODE_MODSEQ, 0},
	{"NEW", BARE, QNODE_RECENT, 1},
	{"NOT", NOT, QNODE_NOT, 0},
	{"OLD", BARE, QNODE_RECENT, 2},
	{"OLDER", AGE, QNODE_OLDER, 0},
	{"ON", DATE, QNODE_ON, 0},
	{"OR", OR, QNODE_OR, 0},
	{"RECENT", BARE, QNODE_RECENT, 0},
	{"SAVEDBEFORE", DATE, QNODE_SAVEDBEFORE, 0},
	{"SAVEDON", DATE, QNODE_SAVEDON, 0},
	{"SAVEDSINCE", DATE, QNODE_SAVEDSINCE, 0},
	{"SEEN", FLAG, QNODE_FLAG, ARCHIVE_SEEN},
	{"SENTBEFORE", DATE, QNODE_SENTBEFORE, 0},
	{"SENTON", DATE, QNODE_SENTON, 0},
	{"SENTSINCE", DATE, QNODE_SENTSINCE, 0},
	{"SINCE", DATE, QNODE_SINCE, 0},
	{"SMALLER", SIZE, QNODE_SMALLER, 0},
	{"SUBJECT", STRING, QNODE_SUBJECT, 0},
	{"TEXT", STRING, QNODE_TEXT, 0},
	{"TO", STRING, QNODE_TO, 0},
	{"UID", UIDS, QNODE_UID, 0},
	{"UNANSWERED", UNFLAG, QNODE_FLAG, ARCHIVE_ANSWERED},
	{"UNDELETED", UNFLAG, QNODE_FLAG, ARCHIVE_DELETED},
	{"UNDRAFT", UNFLAG, QNODE_FLAG, ARCHIVE_DRAFT},
	{"UNFLAGGED", UNFLAG, QNODE_FLAG, ARCHIVE_FLAGGED},
	{"UNKEYWORD", UNKEYWORD, QNODE_KEYWORD, 0},
	{"UNSEEN", UNFLAG, QNODE_FLAG, ARCHIVE_SEEN},
	{"YOUNGER", AGE, QNODE_YOUNGER, 0},
	{"ANNOTATION", LATER, QNODE_ALL, 0},
	{"EMAILID", LATER, QNODE_ALL, 0},
	{"FILTER", LATER, QNODE_ALL, 0},
	{"FUZZY", LATER, QNODE_ALL, 0},
	{"INTHREAD", LATER, QNODE_ALL, 0},
	{"SAVEDATESUPPORTED", LATER, QNODE_ALL, 0},
	{"THREADID", LATER, QNODE_ALL, 0},
	{"X-GM-LABELS", LATER, QNODE_ALL, 0},
	{"X-GM-MSGID", LATER, QNODE_ALL, 0},
	{"X-GM-RAW", LATER, QNODE_ALL, 0},
	{"X-GM-THRID", LATER, QNODE_ALL, 0},
};

static int parse_key(struct parser *ps, const struct qnode **out, struct err *err);

static const struct key *find_key(struct str name)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_ieq(name, str_of(keys[i].name)))
			return &keys[i];
	return NULL;
}

/* NULL, and *err is set, when there are too many. */
static struct qnode *new_leaf(struct parser *ps, enum qnode_kind kind, size_t at, struct err *err)
{
	if (++ps->leaves <= QNODE_MAX_LEAVES)
		return qnode_new(ps->a, kind, imaplex_column(&ps->lx, at));
	imaplex_bad(&ps->lx, at, err, "more than %d keys", QNODE_MAX_LEAVES);
	return NULL;
}

static int parse_keyword(struct parser *ps, struct qnode *q, struct err *err)
{
	if (imaplex_space(&ps->lx, "a keyword", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	q->needle = arena_str(ps->a, imaplex_atom(&ps->lx));
	if (q->needle.n == 0 || memchr(q->needle.p, ']', q->needle.n) != NULL)
		return imaplex_bad(&ps->lx, at, err, "expected a keyword");
	return 1;
}

static int parse_string(struct parser *ps, struct qnode *q, struct err *err)
{
	if (imaplex_space(&ps->lx, "a string", err) < 0 ||
	    imaplex_text(&ps->lx, &q->needle, err) < 0)
		return -1;
	q->mapped = casemap_str(ps->a, q->needle);
	return 1;
}

static int parse_header(struct parser *ps, struct qnode *q, struct err *err)
{
	struct str name;
	if (imaplex_space(&ps->lx, "a field name", err) < 0 ||
	    imaplex_astring(&ps->lx, &name, err) < 0)
		return -1;
	q->name = arena_str(ps->a, name);
	return parse_string(ps, q, err);
}

static int parse_number(struct parser *ps, enum shape shape, struct qnode *q, struct err *err)
{
	if (imaplex_space(&ps->lx, "a number", err) < 0)
		return -1;
	size_t at = ps->lx.at;
	if (shape == MODSEQ && at < ps->lx.in.n && ps->lx.in.p[at] == '"')
		return imaplex_bad(&ps->lx, at, err, "expected a number: MODSEQ with an entry "
				   "name is not supported");
	if (imaplex_number(&ps->lx, &q->number, err) < 0)
		return -1;
	if (shape == AGE && q->number == 0)
		return imaplex_bad(&ps->lx, at, err, "expected a number above 0");
	return 1;
}

/* What follows a key that is a leaf. */
static int parse_argument(struct parser *ps, const struct key *k, struct qnode *q, struct err *err)
{
	switch (k->shape) {
	case FLAG:
	case UNFLAG:
		q->number = k->flag;
		return 1;
	case STRING:
		return parse_string(ps, q, err);
	case HEADER:
		return parse_header(ps, q, err);
	case KEYWORD:
	case UNKEYWORD:
		return parse_keyword(ps, q, err);
	case DATE:
		if (imaplex_space(&ps->lx, "a date such as 5-Mar-2020", err) < 0)
			return -1;
		return imaplex_date(&ps->lx, &q->day, err);
	case SIZE:
	case AGE:
	case MODSEQ:
		return parse_number(ps, k->shape, q, err);
	case UIDS:
		if (imaplex_space(&ps->lx, "a set of UIDs", err) < 0)
			return -1;
		return imaplex_set(&ps->lx, q, err);
	default:
		return 1;
	}
}

/* NEW is RECENT UNSEEN (flag 1), OLD is NOT RECENT (flag 2). */
static const struct qnode *recent(struct parser *ps, const struct key *k, const struct qnode *q)
{
	if (k->flag == 2)
		return qnode_not(ps->a, q);
	if (k->flag != 1)
		return q;
	const struct qnode **kids = arena_alloc(ps->a, 2 * sizeof(struct qnode *));
	struct qnode *seen = qnode_new(ps->a, QNODE_FLAG, q->column);
	seen->number = ARCHIVE_SEEN;
	kids[0] = q;
	kids[1] = qnode_not(ps->a, seen);
	return qnode_join(ps->a, QNODE_AND, kids, 2);
}

static int parse_leaf(struct parser *ps, const struct key *k, size_t at, const struct qnode **out,
		      struct err *err)
{
	struct qnode *q = new_leaf(ps, k->kind, at, err);
	if (q == NULL || parse_argument(ps, k, q, err) < 0)
		return -1;
	if (k->shape == UNFLAG || k->shape == UNKEYWORD)
		*out = qnode_not(ps->a, q);
	else
		*out = q->kind == QNODE_RECENT ? recent(ps, k, q) : q;
	return 1;
}

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
		if (imaplex_space(&ps->lx, "a search key", err) < 0)
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

/* Keys up to `end` (')' or -1), joined by AND. */
static int parse_keys(struct parser *ps, int end, const struct qnode **out, struct err *err)
{
	const struct qnode **kids = NULL;
	size_t n = 0;
	do {
		const struct qnode *kid;
		size_t was = ps->lx.at;
		int c = imaplex_peek(&ps->lx);
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

static int parse_named(struct parser *ps, const struct qnode **out, struct err *err)
{
	size_t at = ps->lx.at;
	struct str name = imaplex_atom(&ps->lx);
	if (name.n == 0)
		return imaplex_bad(&ps->lx, at, err, "expected a search key");
	if (str_eq(name, STR("$")))
		return imaplex_bad(&ps->lx, at, err, "'$' (a saved result) is not supported yet");
	const struct key *k = find_key(name);
	if (k == NULL)
		return imaplex_bad(&ps->lx, at, err, "unknown key '%.40s'",
				   arena_str(ps->a, name).p);
	switch (k->shape) {
	case LATER:
		return imaplex_bad(&ps->lx, at, err, "'%s' is not supported yet", k->name);
	case NOT:
		return parse_not(ps, out, err);
	case OR:
		return parse_or(ps, out, err);
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

/* RETURN (COUNT ALL): what the answer should hold. The tree does not depend on it. */
static int parse_return(struct parser *ps, bool *count_out, struct err *err)
{
	static const char *const later[] = {"MIN", "MAX", "SAVE", "PARTIAL", "RELEVANCY", "UPDATE",
					    "CONTEXT"};
	bool count = false, all = false;
	if (imaplex_peek(&ps->lx) != '(')
		return imaplex_bad(&ps->lx, ps->lx.at, err, "expected '(' after RETURN");
	ps->lx.at++;
	while (imaplex_peek(&ps->lx) != ')') {
		size_t at = ps->lx.at;
		struct str name = imaplex_atom(&ps->lx);
		if (name.n == 0)
			return imaplex_bad(&ps->lx, at, err, "expected ')' or a RETURN option");
		for (size_t i = 0; i < sizeof later / sizeof *later; i++)
			if (str_ieq(name, str_of(later[i])))
				return imaplex_bad(&ps->lx, at, err, "RETURN option '%s' is not "
						   "supported yet", later[i]);
		if (str_ieq(name, STR("COUNT")))
			count = true;
		else if (str_ieq(name, STR("ALL")))
			all = true;
		else
			return imaplex_bad(&ps->lx, at, err, "unknown RETURN option '%.40s'",
					   arena_str(ps->a, name).p);
	}
	ps->lx.at++;
	*count_out = count && !all;
	return imaplex_space(&ps->lx, "a search key", err);
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

int imapq_parse(struct arena *a, struct str text, const struct qnode **out, bool *count_out,
		struct err *err)
{
	struct parser ps = {.lx = {.a = a, .in = text}, .a = a};
	*count_out = false;
	if (text.n > QNODE_MAX_TEXT)
		return err_set(err, ERR_INPUT, "the query is longer than %zu bytes",
			       QNODE_MAX_TEXT);
	int r = 1;
	if (take_word(&ps, "RETURN"))
		r = parse_return(&ps, count_out, err);
	if (r > 0 && take_word(&ps, "CHARSET"))
		r = parse_charset(&ps, err);
	if (r > 0)
		r = parse_keys(&ps, -1, out, err);
	imaplex_close(&ps.lx);
	return r;
}
