#include "boxq.h"

#include "archive.h"
#include "boxdate.h"
#include "casemap.h"
#include "token.h"

/* A longer phrase is asked for in pieces. */
#define MAX_PHRASE 64

struct parser {
	struct arena *a;
	struct str in;
	size_t at;
	size_t col_at; /* the place up to which columns are counted, and the column there */
	int col;
	int depth;
	size_t leaves;
	bool too_many;
	struct boxq_warning *warnings;
	size_t n_warnings;
};

/* A run of the input without blanks: [field:]text or [field:]"text". */
struct word {
	size_t at;         /* where it begins */
	struct str field;  /* "" when none, without the colon */
	struct str text;
	bool quoted;
};

static const struct qnode *parse_any(struct parser *ps);

static int column(struct parser *ps, size_t at)
{
	if (ps->col_at > at)
		ps->col_at = 0, ps->col = 0;
	for (; ps->col_at < at && ps->col_at < ps->in.n; ps->col_at++)
		ps->col += ((unsigned char)ps->in.p[ps->col_at] & 0xC0) != 0x80;
	return ps->col + 1;
}

/* The query may be anything; what is quoted from it must be UTF-8. */
static struct str quotable(struct str s)
{
	return str_utf8(s) && s.n <= 60 ? s : STR("…");
}

static void warn(struct parser *ps, size_t at, struct str text)
{
	if (ps->n_warnings >= 100)
		return;
	ps->warnings = arena_grow(ps->a, ps->warnings, ps->n_warnings, sizeof *ps->warnings);
	ps->warnings[ps->n_warnings++] = (struct boxq_warning){column(ps, at), text};
}

/* ---- leaves ---- */

static struct qnode *leaf(struct parser *ps, enum qnode_kind kind, size_t at)
{
	ps->too_many |= ++ps->leaves > QNODE_MAX_LEAVES;
	return qnode_new(ps->a, kind, column(ps, at));
}

static const struct qnode *both(struct parser *ps, enum qnode_kind kind, const struct qnode *x,
				const struct qnode *y)
{
	const struct qnode **kids = arena_alloc(ps->a, 2 * sizeof(struct qnode *));
	kids[0] = x;
	kids[1] = y;
	return qnode_join(ps->a, kind, kids, 2);
}

/* The words of a text, one after the other, in a field. NULL: there are none. */
static const struct qnode *words(struct parser *ps, struct str field, struct str text, size_t at)
{
	struct str rest = casemap_str(ps->a, text), token;
	const struct qnode *all = NULL;
	bool gap;
	while (!ps->too_many) {
		struct str *list = NULL;
		size_t n = 0;
		while (n < MAX_PHRASE && token_next(&rest, &token, &gap)) {
			list = arena_grow(ps->a, list, n, sizeof *list);
			list[n++] = token;
		}
		if (n == 0)
			break;
		struct qnode *q = leaf(ps, QNODE_WORD, at);
		q->name = field;
		q->needle = arena_str(ps->a, text);
		q->words = list;
		q->n_words = n;
		if (all != NULL)
			warn(ps, at, STR("a long phrase is searched in pieces"));
		all = all != NULL ? both(ps, QNODE_AND, all, q) : q;
	}
	return all;
}

static const struct qnode *as_words(struct parser *ps, const struct word *w)
{
	struct str whole = w->text;
	if (w->field.n > 0)
		whole = arena_fmt(ps->a, "%.*s %.*s", STR_ARG(w->field), STR_ARG(w->text));
	const struct qnode *q = words(ps, STR(""), whole, w->at);
	if (q == NULL && w->text.n > 0)
		warn(ps, w->at, arena_fmt(ps->a, "'%.*s' holds no word: it selects nothing and "
			"excludes nothing", STR_ARG(quotable(w->text))));
	return q;
}

/* A day by the Date field; where that is missing or unusable, by arrival. */
static const struct qnode *by_day(struct parser *ps, bool since, int32_t day, size_t at)
{
	struct qnode *sent = leaf(ps, since ? QNODE_SENTSINCE : QNODE_SENTBEFORE, at);
	struct qnode *dated = leaf(ps, QNODE_SENTSINCE, at);
	struct qnode *arrived = leaf(ps, since ? QNODE_SINCE : QNODE_BEFORE, at);
	qnode_day(1900, 1, 1, &dated->day); /* usable dates begin there */
	sent->day = day;
	arrived->day = day;
	return both(ps, QNODE_OR, sent,
		    both(ps, QNODE_AND, qnode_not(ps->a, dated), arrived));
}

/* NULL: not a date. */
static const struct qnode *day_leaf(struct parser *ps, const struct word *w)
{
	int32_t first, end;
	if (str_ieq(w->field, STR("date"))) {
		if (!boxdate_range(w->text, &first, &end))
			return NULL;
		return both(ps, QNODE_AND, by_day(ps, true, first, w->at),
			    by_day(ps, false, end, w->at));
	}
	if (!boxdate_parse(w->text, &first, &end))
		return NULL;
	return by_day(ps, str_ieq(w->field, STR("after")), first, w->at);
}

/* "100", "100k", "5M", "1G": octets. NULL: not a size. */
static const struct qnode *size_leaf(struct parser *ps, const struct word *w)
{
	struct str s = w->text;
	uint64_t n;
	unsigned shift = 0;
	if (s.n > 0) {
		char c = (char)(s.p[s.n - 1] | 0x20);
		shift = c == 'k' ? 10 : c == 'm' ? 20 : c == 'g' ? 30 : 0;
	}
	if (!str_u64(str_cut(s, 0, s.n - (shift > 0)), &n) || n > (UINT64_C(1) << 40))
		return NULL;
	bool larger = str_ieq(w->field, STR("larger"));
	struct qnode *q = leaf(ps, larger ? QNODE_LARGER : QNODE_SMALLER, w->at);
	q->number = n << shift;
	return q;
}

/* What stands behind is:. */
static const struct {
	const char *name;
	unsigned flag;
	bool set;
} states[] = {
	{"read", ARCHIVE_SEEN, true}, {"seen", ARCHIVE_SEEN, true},
	{"unread", ARCHIVE_SEEN, false}, {"unseen", ARCHIVE_SEEN, false},
	{"flagged", ARCHIVE_FLAGGED, true}, {"starred", ARCHIVE_FLAGGED, true},
	{"answered", ARCHIVE_ANSWERED, true}, {"replied", ARCHIVE_ANSWERED, true},
	{"unanswered", ARCHIVE_ANSWERED, false}, {"draft", ARCHIVE_DRAFT, true},
	{"deleted", ARCHIVE_DELETED, true},
};

/* NULL: no such state. */
static const struct qnode *is_leaf(struct parser *ps, const struct word *w)
{
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		if (!str_ieq(w->text, str_of(states[i].name)))
			continue;
		struct qnode *q = leaf(ps, QNODE_FLAG, w->at);
		q->number = states[i].flag;
		return states[i].set ? q : qnode_not(ps->a, q);
	}
	return NULL;
}

static const struct qnode *glob_leaf(struct parser *ps, const struct word *w)
{
	struct qnode *q = leaf(ps, str_ieq(w->field, STR("account")) ? QNODE_ACCOUNT
								     : QNODE_MAILBOX, w->at);
	q->needle = arena_str(ps->a, w->text);
	return q;
}

static const struct qnode *tag_leaf(struct parser *ps, const struct word *w)
{
	struct qnode *q = leaf(ps, QNODE_TAG, w->at);
	q->needle = arena_str(ps->a, w->text);
	return q;
}

/* Ids are hexadecimal digits, perhaps with a 't' before. NULL: no id. */
static const struct qnode *thread_leaf(struct parser *ps, const struct word *w)
{
	struct str id = str_cut(w->text, (w->text.p[0] | 0x20) == 't', w->text.n);
	for (size_t i = 0; i < id.n; i++)
		if (!((id.p[i] >= '0' && id.p[i] <= '9') ||
		      ((id.p[i] | 0x20) >= 'a' && (id.p[i] | 0x20) <= 'f')))
			return NULL;
	if (id.n < 6 || id.n > 64)
		return NULL;
	struct qnode *q = leaf(ps, QNODE_THREAD, w->at);
	q->needle = arena_str(ps->a, w->text);
	return q;
}

static const struct qnode *text_leaf(struct parser *ps, const struct word *w)
{
	static const char *const names[] = {"from", "to", "cc", "bcc", "subject", "body"};
	struct str field = STR("");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(w->field, str_of(names[i])))
			field = str_of(names[i]);
	return words(ps, field, w->text, w->at);
}

/* What stands before the colon. */
static const struct {
	const char *name, *expects;
	const struct qnode *(*make)(struct parser *ps, const struct word *w);
} fields[] = {
	{"from", "a word", text_leaf},
	{"to", "a word", text_leaf},
	{"cc", "a word", text_leaf},
	{"bcc", "a word", text_leaf},
	{"subject", "a word", text_leaf},
	{"body", "a word", text_leaf},
	{"after", "a date such as 2020-03-05", day_leaf},
	{"before", "a date such as 2020-03-05", day_leaf},
	{"date", "a date such as 2020-03 or 2019..2021", day_leaf},
	{"larger", "a size such as 100k", size_leaf},
	{"smaller", "a size such as 100k", size_leaf},
	{"is", "read, unread, flagged, answered, draft or deleted", is_leaf},
	{"account", "a name", glob_leaf},
	{"mailbox", "a name", glob_leaf},
	{"tag", "a name", tag_leaf},
	{"thread", "the id of a thread or message", thread_leaf},
};

/* ---- words of the input ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct parser *ps)
{
	while (ps->at < ps->in.n && is_blank(ps->in.p[ps->at]))
		ps->at++;
}

static size_t known_field(struct str name)
{
	size_t i = 0;
	while (i < sizeof fields / sizeof *fields && !str_ieq(name, str_of(fields[i].name)))
		i++;
	return i;
}

static bool is_letters(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] | 0x20) < 'a' || (s.p[i] | 0x20) > 'z')
			return false;
	return s.n > 0;
}

static void read_quoted(struct parser *ps, struct word *w)
{
	size_t open = ps->at++, start = ps->at;
	while (ps->at < ps->in.n && ps->in.p[ps->at] != '"')
		ps->at++;
	w->text = str_cut(ps->in, start, ps->at);
	w->quoted = true;
	if (ps->at < ps->in.n)
		ps->at++;
	else
		warn(ps, open, STR("no closing '\"': the phrase goes on to the end"));
}

/* "from:ann", "from:\"ann lee\"", "\"a b\"", "word". The colon splits a known field only. */
static struct word read_word(struct parser *ps)
{
	struct word w = {.at = ps->at};
	if (ps->in.p[ps->at] == '"') {
		read_quoted(ps, &w);
		return w;
	}
	size_t start = ps->at;
	for (; ps->at < ps->in.n && !is_blank(ps->in.p[ps->at]); ps->at++) {
		char c = ps->in.p[ps->at];
		if (c == '(' || c == ')' || c == '"')
			break;
		struct str name = str_cut(ps->in, start, ps->at);
		if (c == ':' && w.field.n == 0 && is_letters(name)) {
			w.field = name;
			start = ps->at + 1;
		}
	}
	w.text = str_cut(ps->in, start, ps->at);
	if (w.field.n > 0 && w.text.n == 0 && ps->at < ps->in.n && ps->in.p[ps->at] == '"')
		read_quoted(ps, &w);
	return w;
}

static void warn_unsupported(struct parser *ps, const struct word *w)
{
	if (!w->quoted && str_chr(w->text, '*') >= 0 && w->text.n > 1)
		warn(ps, w->at, STR("'*' is not supported yet: whole words are searched"));
	if (!w->quoted && w->field.n == 0 && str_starts(w->text, STR("NEAR/")))
		warn(ps, w->at, STR("NEAR is not supported yet: it is searched as words"));
}

/* NULL: nothing to search for. */
static const struct qnode *word_node(struct parser *ps, const struct word *w)
{
	warn_unsupported(ps, w);
	if (w->field.n == 0)
		return as_words(ps, w);
	size_t f = known_field(w->field);
	struct str name = quotable(w->field);
	if (f == sizeof fields / sizeof *fields) {
		warn(ps, w->at, arena_fmt(ps->a, "unknown field '%.*s': searched as words",
					  STR_ARG(name)));
		return as_words(ps, w);
	}
	const struct qnode *q = w->text.n > 0 ? fields[f].make(ps, w) : NULL;
	if (q != NULL)
		return q;
	warn(ps, w->at, arena_fmt(ps->a, "expected %s after '%.*s:': searched as words",
				  fields[f].expects, STR_ARG(name)));
	return as_words(ps, w);
}

/* ---- the tree ---- */

/* Is this operator next, standing alone? Then it is taken. */
static bool take(struct parser *ps, const char *op)
{
	skip_blanks(ps);
	struct str rest = str_cut(ps->in, ps->at, ps->in.n), name = str_of(op);
	if (!str_starts(rest, name))
		return false;
	char c = rest.n > name.n ? rest.p[name.n] : ' ';
	if (!is_blank(c) && c != '(' && c != ')' && c != '"')
		return false;
	ps->at += name.n;
	return true;
}

static const struct qnode *parse_group(struct parser *ps)
{
	size_t open = ps->at++;
	if (++ps->depth > QNODE_MAX_DEPTH) {
		warn(ps, open, STR("parentheses too deep: this one does not count"));
		ps->depth--;
		return NULL;
	}
	const struct qnode *q = parse_any(ps);
	ps->depth--;
	if (ps->at < ps->in.n && ps->in.p[ps->at] == ')')
		ps->at++;
	else
		warn(ps, open, STR("no closing ')': the group goes on to the end"));
	return q;
}

/* A '-' or NOT counts for what follows at once. NULL: nothing to search for. */
static const struct qnode *parse_item(struct parser *ps)
{
	bool negated = false;
	size_t at = ps->at;
	for (;;) {
		char next = ps->at + 1 < ps->in.n ? ps->in.p[ps->at + 1] : ' ';
		if (ps->in.p[ps->at] == '-' && !is_blank(next) && next != ')')
			ps->at++;
		else if (!take(ps, "NOT"))
			break;
		negated = !negated;
		skip_blanks(ps);
		if (ps->at >= ps->in.n || ps->in.p[ps->at] == ')') {
			struct word none = {.at = at, .text = STR("NOT")};
			warn(ps, at, STR("nothing follows NOT: searched as a word"));
			return as_words(ps, &none);
		}
	}
	const struct qnode *q;
	if (ps->in.p[ps->at] == '(') {
		q = parse_group(ps);
	} else {
		struct word w = read_word(ps);
		q = word_node(ps, &w);
	}
	return q != NULL && negated ? qnode_not(ps->a, q) : q;
}

static bool at_end(struct parser *ps)
{
	skip_blanks(ps);
	while (ps->depth == 0 && ps->at < ps->in.n && ps->in.p[ps->at] == ')') {
		warn(ps, ps->at++, STR("')' without '(': it does not count"));
		skip_blanks(ps);
	}
	return ps->at >= ps->in.n || ps->in.p[ps->at] == ')' || ps->too_many;
}

static const struct qnode *parse_all(struct parser *ps)
{
	const struct qnode **kids = NULL;
	size_t n = 0;
	while (!at_end(ps)) {
		size_t at = ps->at;
		bool or_next = take(ps, "OR");
		ps->at = at;
		if (or_next && n > 0)
			break;
		const struct qnode *q;
		if (or_next || take(ps, "AND")) {
			struct word w = {.at = at, .text = str_cut(ps->in, at, at + 2 + !or_next)};
			ps->at = at + w.text.n;
			if (!or_next && n > 0)
				continue;
			warn(ps, at, STR("nothing stands before the operator: searched as a word"));
			q = as_words(ps, &w);
		} else {
			q = parse_item(ps);
		}
		if (q == NULL)
			continue;
		kids = arena_grow(ps->a, kids, n, sizeof *kids);
		kids[n++] = q;
	}
	return n > 0 ? qnode_join(ps->a, QNODE_AND, kids, n) : NULL;
}

/* NULL: nothing to search for. */
static const struct qnode *parse_any(struct parser *ps)
{
	const struct qnode **kids = NULL;
	size_t n = 0;
	for (;;) {
		const struct qnode *q = parse_all(ps);
		if (q != NULL) {
			kids = arena_grow(ps->a, kids, n, sizeof *kids);
			kids[n++] = q;
		}
		size_t at = ps->at;
		if (at_end(ps) || !take(ps, "OR"))
			break;
		if (at_end(ps)) {
			struct word w = {.at = at, .text = STR("OR")};
			warn(ps, at, STR("nothing follows OR: searched as a word"));
			q = as_words(ps, &w);
			kids[n - 1] = both(ps, QNODE_AND, kids[n - 1], q);
			break;
		}
	}
	return n > 0 ? qnode_join(ps->a, QNODE_OR, kids, n) : NULL;
}

int boxq_parse(struct arena *a, struct str text, const struct qnode **out,
	       const struct boxq_warning **warnings, size_t *n_warnings, struct err *err)
{
	struct parser ps = {.a = a, .in = text};
	if (text.n > QNODE_MAX_TEXT)
		return err_set(err, ERR_INPUT, "the query is longer than %zu bytes",
			       QNODE_MAX_TEXT);
	const struct qnode *q = parse_any(&ps);
	if (ps.too_many)
		return err_set(err, ERR_INPUT, "more than %d words", QNODE_MAX_LEAVES);
	*out = q != NULL ? q : qnode_new(a, QNODE_ALL, 1);
	*warnings = ps.warnings;
	*n_warnings = ps.n_warnings;
	return 1;
}

const char *boxq_field(size_t i)
{
	return i < sizeof fields / sizeof *fields ? fields[i].name : NULL;
}

const char *boxq_state(size_t i)
{
	return i < sizeof states / sizeof *states ? states[i].name : NULL;
}

const char *boxq_expects(size_t i)
{
	return i < sizeof fields / sizeof *fields ? fields[i].expects : NULL;
}
