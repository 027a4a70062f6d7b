#include "boxq.h"

#include "boxdate.h"
#include "boxleaf.h"
#include "boxstate.h"
#include "wild.h"

/* A value of several words, such as a date, has so many bytes at most. */
enum { LONGEST_VALUE = 40, NEAR_WITHIN = 10 };

struct parser {
	struct boxleaf b;
	struct str in;
	size_t at;
	int depth;
	unsigned parens, braces; /* groups that are open */
	bool in_braces;          /* is the innermost one of braces? */
	struct str field, head;  /* what a group has before it, and "X-Foo=" behind header: */
};

static const struct qnode *parse_any(struct parser *ps);
static bool at_end(struct parser *ps);

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

static char peek(const struct parser *ps)
{
	return ps->at < ps->in.n ? ps->in.p[ps->at] : '\0';
}

static bool is_letters(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] | 0x20) < 'a' || (s.p[i] | 0x20) > 'z')
			return false;
	return s.n > 0;
}

/* Does a '-' before it stand alone? */
static bool ends_item(const struct parser *ps, char c)
{
	return is_blank(c) || c == ')' || (c == '}' && ps->braces > 0);
}

static bool ends_word(const struct parser *ps, char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == '"' || (c == '}' && ps->braces > 0);
}

bool boxq_is_operator(struct str s)
{
	return str_eq(s, STR("OR")) || str_eq(s, STR("AND")) || str_eq(s, STR("NOT")) ||
	       str_eq(s, STR("NEAR")) || str_starts(s, STR("NEAR/")) || str_eq(s, STR("AROUND"));
}

static void read_quoted(struct parser *ps, struct boxleaf_word *w)
{
	size_t open = ps->at++, start = ps->at;
	while (ps->at < ps->in.n && ps->in.p[ps->at] != '"')
		ps->at++;
	w->text = str_cut(ps->in, start, ps->at);
	w->quoted = true;
	if (ps->at < ps->in.n)
		ps->at++;
	else
		boxleaf_warn(&ps->b, open, "no closing '\"': the phrase goes on to the end");
}

/* imap: takes all up to the parenthesis that closes the one at hand, strings as they are. */
static void read_balanced(struct parser *ps, struct boxleaf_word *w)
{
	size_t start = ps->at, open = 0;
	bool quoted = false;
	for (; ps->at < ps->in.n; ps->at++) {
		char c = ps->in.p[ps->at];
		if (quoted && c == '\\')
			ps->at++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted)
			open += c == '(' ? 1 : c == ')' ? (size_t)-1 : 0;
		if (open == 0)
			break;
	}
	if (ps->at >= ps->in.n) {
		ps->at = ps->in.n;
		boxleaf_warn(&ps->b, start, "no closing ')': the keys go on to the end");
	} else {
		ps->at++;
	}
	w->text = str_cut(ps->in, start, ps->at);
}

/* "last week", "5 MB": the following words, as long as they make a longer value. */
static void read_on(struct parser *ps, struct boxleaf_word *w)
{
	size_t start = ps->at - w->text.n, end = ps->at, best = ps->at;
	for (int more = 0; more < 3; more++) {
		while (end < ps->in.n && ps->in.p[end] == ' ')
			end++;
		while (end < ps->in.n && !ends_word(ps, ps->in.p[end]))
			end++;
		if (end - start > LONGEST_VALUE)
			break;
		if (boxleaf_goes_on(&ps->b, w->field, str_cut(ps->in, start, end)))
			best = end;
	}
	ps->at = best;
	w->text = str_cut(ps->in, start, best);
}

/* "X-Foo=\"a b\"": the value in quotes. */
static void read_header(struct parser *ps, struct boxleaf_word *w)
{
	struct str head = w->text;
	read_quoted(ps, w);
	w->text = arena_fmt(ps->b.a, "%.*s%.*s", STR_ARG(head), STR_ARG(w->text));
}

static bool is_header_head(const struct boxleaf_word *w)
{
	return str_ieq(w->field, STR("header")) && str_ends(w->text, STR("=")) &&
	       w->text.n <= BOXLEAF_HEADER;
}

/* "from: ann": the blank was not meant, unless a field or an operator follows. */
static void read_behind(struct parser *ps, struct boxleaf_word *w)
{
	struct parser probe = *ps;
	if (!boxleaf_is_field(w->field) || !is_blank(peek(ps)))
		return;
	skip_blanks(&probe);
	size_t start = probe.at, end = start;
	while (end < ps->in.n && !ends_word(ps, ps->in.p[end]) && ps->in.p[end] != '{')
		end++;
	struct str next = str_cut(ps->in, start, end);
	bool quote = end == start && peek(&probe) == '"';
	if ((next.n == 0 && !quote) || str_chr(next, ':') >= 0 || boxq_is_operator(next) ||
	    str_starts(next, STR("-")))
		return;
	boxleaf_warn(&ps->b, w->at, "the blank behind '%.*s:' does not count",
		     STR_ARG(boxleaf_quotable(w->field)));
	ps->at = end;
	w->text = next;
	if (quote)
		read_quoted(ps, w);
	else
		read_on(ps, w);
}

/* "from:ann", "from:\"ann lee\"", "\"a b\"", "word". */
static struct boxleaf_word read_word(struct parser *ps)
{
	struct boxleaf_word w = {.at = ps->at};
	if (peek(ps) == '"') {
		read_quoted(ps, &w);
		return w;
	}
	size_t start = ps->at;
	bool colon = false; /* only the first may end the name of a field */
	for (; ps->at < ps->in.n && !ends_word(ps, ps->in.p[ps->at]); ps->at++) {
		struct str name = str_cut(ps->in, start, ps->at);
		if (ps->in.p[ps->at] == '{' && w.field.n > 0 && name.n == 0)
			break; /* a group */
		if (ps->in.p[ps->at] != ':' || colon)
			continue;
		colon = true;
		if (is_letters(name) || boxleaf_is_field(name)) {
			w.field = name;
			start = ps->at + 1;
		}
	}
	w.text = str_cut(ps->in, start, ps->at);
	if (w.field.n == 0)
		return w;
	if (w.text.n == 0 && peek(ps) == '"')
		read_quoted(ps, &w);
	else if (w.text.n == 0 && peek(ps) == '(' && str_ieq(w.field, STR("imap")))
		read_balanced(ps, &w);
	else if (is_header_head(&w) && peek(ps) == '"')
		read_header(ps, &w);
	else if (w.text.n > 0)
		read_on(ps, &w);
	else
		read_behind(ps, &w);
	return w;
}

/* ---- operators ---- */

/* Is this operator next, standing alone? Then it is taken. */
static bool take(struct parser *ps, const char *op)
{
	skip_blanks(ps);
	struct str rest = str_cut(ps->in, ps->at, ps->in.n), name = str_of(op);
	if (!str_starts(rest, name))
		return false;
	if (rest.n > name.n && !ends_word(ps, rest.p[name.n]) && rest.p[name.n] != '{')
		return false;
	ps->at += name.n;
	return true;
}

/* NEAR, NEAR/5, AROUND 5 (Gmail's). Then it is taken. */
static bool take_near(struct parser *ps, uint64_t *within)
{
	size_t was, end;
	skip_blanks(ps);
	was = end = ps->at;
	bool around = take(ps, "AROUND");
	*within = NEAR_WITHIN;
	if (!around && take(ps, "NEAR"))
		return true;
	if (!around && !str_starts(str_cut(ps->in, was, ps->in.n), STR("NEAR/")))
		return false;
	if (around)
		skip_blanks(ps);
	else
		ps->at = was + 5;
	for (end = ps->at; end < ps->in.n && !ends_word(ps, ps->in.p[end]); end++)
		;
	if (!str_u64(str_cut(ps->in, ps->at, end), within) || end - ps->at > 9) {
		ps->at = was;
		return false;
	}
	ps->at = end;
	if (*within == 0 || *within > WILD_MAX_DISTANCE) {
		*within = *within ? WILD_MAX_DISTANCE : 1;
		boxleaf_warn(&ps->b, was, "NEAR is within 1 to %d words", WILD_MAX_DISTANCE);
	}
	return true;
}

static const struct qnode *operator_word(struct parser *ps, size_t at, struct str op,
					 const char *why)
{
	struct boxleaf_word w = {.at = at, .text = op};
	boxleaf_warn(&ps->b, at, "%s: searched as a word", why);
	return boxleaf_node(&ps->b, &w);
}

/* ---- the tree ---- */

/* *w is what stands before the group, if anything. NULL: nothing is in it. */
static const struct qnode *parse_group(struct parser *ps, const struct boxleaf_word *w)
{
	struct parser was = *ps;
	size_t open = ps->at++;
	bool braces = ps->in.p[open] == '{';
	char close = braces ? '}' : ')';
	if (ps->depth >= QNODE_MAX_DEPTH) {
		boxleaf_warn(&ps->b, open, "groups too deep: this one does not count");
		return NULL;
	}
	ps->depth++;
	ps->parens += !braces;
	ps->braces += braces;
	ps->in_braces = braces;
	if (w->field.n > 0) {
		ps->field = w->field;
		ps->head = w->text;
	}
	const struct qnode *q = parse_any(ps);
	if (q == NULL)
		boxleaf_warn(&ps->b, open, "nothing to search for in this group: it does not "
			     "count");
	if (peek(ps) == close)
		ps->at++;
	else
		boxleaf_warn(&ps->b, open, "no closing '%c': the group goes on to the end", close);
	ps->depth = was.depth;
	ps->parens = was.parens;
	ps->braces = was.braces;
	ps->in_braces = was.in_braces;
	ps->field = was.field;
	ps->head = was.head;
	return q;
}

static const struct qnode *parse_word(struct parser *ps)
{
	struct boxleaf_word w = {.at = ps->at};
	if (peek(ps) == '(' || peek(ps) == '{')
		return parse_group(ps, &w);
	w = read_word(ps);
	bool open = !w.quoted && (peek(ps) == '(' || (peek(ps) == '{' && w.text.n == 0));
	if (w.field.n > 0 && open && (w.text.n == 0 || is_header_head(&w))) {
		if (boxleaf_is_field(w.field))
			return parse_group(ps, &w);
		boxleaf_warn(&ps->b, w.at, "unknown field '%.*s': searched as a word",
			     STR_ARG(boxleaf_quotable(w.field)));
		w = (struct boxleaf_word){.at = w.at, .text = w.field};
	}
	if (w.field.n == 0 && ps->field.n > 0) {
		w.field = ps->field;
		if (ps->head.n > 0)
			w.text = arena_fmt(ps->b.a, "%.*s%.*s", STR_ARG(ps->head), STR_ARG(w.text));
	}
	return boxleaf_node(&ps->b, &w);
}

/* A '-' or NOT counts for what follows at once. NULL: nothing to search for. */
static const struct qnode *parse_item(struct parser *ps)
{
	bool negated = false;
	size_t at = ps->at;
	for (;;) {
		char next = ps->at + 1 < ps->in.n ? ps->in.p[ps->at + 1] : ' ';
		if (peek(ps) == '-' && !ends_item(ps, next))
			ps->at++;
		else if (!take(ps, "NOT"))
			break;
		negated = !negated;
		skip_blanks(ps);
		if (at_end(ps))
			return operator_word(ps, at, STR("NOT"), "nothing follows NOT");
	}
	const struct qnode *q = parse_word(ps);
	return q != NULL && negated ? qnode_not(ps->b.a, q) : q;
}

/* Is there no more in this group? A ')' that closes nothing is passed over. */
static bool at_end(struct parser *ps)
{
	skip_blanks(ps);
	while (ps->parens == 0 && peek(ps) == ')') {
		boxleaf_warn(&ps->b, ps->at++, "')' without '(': it does not count");
		skip_blanks(ps);
	}
	return ps->at >= ps->in.n || ps->b.full || peek(ps) == ')' ||
	       (peek(ps) == '}' && ps->braces > 0);
}

struct row {
	const struct qnode **kids;
	size_t n;
	const struct qnode *last; /* what NEAR has on its left */
};

static void add(struct parser *ps, struct row *r, const struct qnode *q)
{
	if (q == NULL)
		return;
	r->kids = arena_grow(ps->b.a, r->kids, r->n, sizeof *r->kids);
	r->kids[r->n++] = q;
	r->last = q;
}

/* Behind NEAR: the last of the row and what follows. */
static void add_near(struct parser *ps, struct row *r, size_t at, uint64_t within)
{
	if (at_end(ps)) {
		add(ps, r, operator_word(ps, at, str_trim(str_cut(ps->in, at, ps->at)),
					 "nothing follows NEAR"));
		return;
	}
	const struct qnode *right = parse_item(ps);
	if (right == NULL)
		return;
	const struct qnode *q = boxleaf_near(&ps->b, r->last, right, within);
	if (q == NULL) {
		boxleaf_warn(&ps->b, at, "NEAR takes words and phrases of one field, %d pairs at "
			     "most: both sides are searched wherever they stand",
			     BOXLEAF_PAIRS);
		add(ps, r, right);
		return;
	}
	/* "a NEAR b NEAR c": b has two neighbours. */
	if (r->kids[r->n - 1] == r->last)
		r->kids[r->n - 1] = q;
	else
		r->kids[r->n - 1] = boxleaf_both(&ps->b, QNODE_AND, r->kids[r->n - 1], q);
	r->last = right;
}

/* An operator at the beginning, or between two words. False: there is none next. */
static bool take_operator(struct parser *ps, struct row *r)
{
	size_t at = ps->at;
	uint64_t within;
	if (take(ps, "AND") || take(ps, "OR")) {
		struct str op = str_cut(ps->in, at, ps->at);
		struct parser probe = *ps;
		if (r->n == 0)
			add(ps, r, operator_word(ps, at, op, "nothing stands before the operator"));
		else if (at_end(ps) || take(&probe, "AND") || take(&probe, "OR"))
			add(ps, r, operator_word(ps, at, op, "nothing follows the operator"));
		else if (ps->in_braces && op.n == 3)
			boxleaf_warn(&ps->b, at, "in braces any word will do: AND does not count");
		return true;
	}
	if (!take_near(ps, &within))
		return false;
	if (r->n > 0)
		add_near(ps, r, at, within);
	else
		add(ps, r, operator_word(ps, at, str_cut(ps->in, at, ps->at),
					 "nothing stands before the operator"));
	return true;
}

static const struct qnode *parse_all(struct parser *ps)
{
	struct row r = {0};
	while (!at_end(ps)) {
		size_t at = ps->at;
		bool or_next = take(ps, "OR");
		ps->at = at;
		if (or_next && r.n > 0 && !ps->in_braces)
			break;
		if (!take_operator(ps, &r))
			add(ps, &r, parse_item(ps));
	}
	return r.n > 0 ? qnode_join(ps->b.a, ps->in_braces ? QNODE_OR : QNODE_AND, r.kids, r.n)
		       : NULL;
}

/* NULL: nothing to search for. */
static const struct qnode *parse_any(struct parser *ps)
{
	struct row r = {0};
	for (;;) {
		add(ps, &r, parse_all(ps));
		size_t at = ps->at;
		if (at_end(ps) || !take(ps, "OR"))
			break;
		if (at_end(ps)) {
			const struct qnode *q = operator_word(ps, at, STR("OR"),
							      "nothing follows OR");
			if (r.n > 0 && q != NULL)
				r.kids[r.n - 1] = boxleaf_both(&ps->b, QNODE_AND,
							       r.kids[r.n - 1], q);
			else
				add(ps, &r, q);
			break;
		}
	}
	return r.n > 0 ? qnode_join(ps->b.a, QNODE_OR, r.kids, r.n) : NULL;
}

int boxq_parse_on(struct arena *a, struct str text, int32_t today, const struct qnode **out,
		  const struct boxq_warning **warnings, size_t *n_warnings)
{
	struct parser ps = {.in = str_cut(text, 0, QNODE_MAX_TEXT)};
	ps.b = (struct boxleaf){.a = a, .in = ps.in, .today = today};
	if (text.n > QNODE_MAX_TEXT)
		boxleaf_warn(&ps.b, ps.in.n, "the query is longer than %zu bytes: what follows is "
			     "not searched for", QNODE_MAX_TEXT);
	const struct qnode *q = parse_any(&ps);
	*out = q != NULL ? q : qnode_new(a, QNODE_ALL, 1);
	*warnings = ps.b.warnings;
	*n_warnings = ps.b.n_warnings;
	return 1;
}

int boxq_parse(struct arena *a, struct str text, const struct qnode **out,
	       const struct boxq_warning **warnings, size_t *n_warnings, struct err *err)
{
	(void)err;
	return boxq_parse_on(a, text, boxdate_today(), out, warnings, n_warnings);
}

const char *boxq_field(size_t i)
{
	return boxleaf_field(i);
}

const char *boxq_state(size_t i)
{
	return boxstate_name(i);
}

const char *boxq_expects(size_t i)
{
	return boxleaf_expects(i);
}

const char *boxq_other(size_t i, const char **means)
{
	return boxleaf_other(i, means);
}
