#include "t.h"

#include "boxq.h"

static struct arena a;

/* What after: and before: stand for. */
#define SINCE(d) "(or (sentsince " d ") (and (not (sentsince 1900-01-01)) (since " d ")))"
#define BEFORE(d) "(or (sentbefore " d ") (and (not (sentsince 1900-01-01)) (before " d ")))"

static void queries(void)
{
	static const struct {
		const char *query, *want;
		const char *warnings; /* columns */
	} row[] = {
		{"", "(all)", ""},
		{"   ", "(all)", ""},
		{"hello", "(word \"hello\")", ""},
		{"hello world", "(and (word \"hello\") (word \"world\"))", ""},
		{"\"hello world\"", "(word \"hello world\")", ""},
		{"from:ann", "(word from \"ann\")", ""},
		{"FROM:ann", "(word from \"ann\")", ""},
		{"from:\"ann lee\" x", "(and (word from \"ann lee\") (word \"x\"))", ""},
		{"to:a cc:b bcc:c subject:d body:e", "(and (word to \"a\") (word cc \"b\") "
		 "(word bcc \"c\") (word subject \"d\") (word body \"e\"))", ""},
		{"ann@example.org", "(word \"ann@example.org\")", ""},
		{"-spam", "(not (word \"spam\"))", ""},
		{"NOT spam", "(not (word \"spam\"))", ""},
		{"-(a b)", "(not (and (word \"a\") (word \"b\")))", ""},
		{"-from:ann", "(not (word from \"ann\"))", ""},
		{"a OR b c", "(or (word \"a\") (and (word \"b\") (word \"c\")))", ""},
		{"(a OR b) c", "(and (or (word \"a\") (word \"b\")) (word \"c\"))", ""},
		{"a AND b", "(and (word \"a\") (word \"b\"))", ""},
		{"a or b", "(and (word \"a\") (word \"or\") (word \"b\"))", ""},
		{"after:2020", SINCE("2020-01-01"), ""},
		{"before:2020-03", BEFORE("2020-03-01"), ""},
		{"date:2020-12", "(and " SINCE("2020-12-01") " " BEFORE("2021-01-01") ")", ""},
		{"date:2019..2021-02-03", "(and " SINCE("2019-01-01") " " BEFORE("2021-02-04") ")",
		 ""},
		{"larger:5k", "(larger 5120)", ""},
		{"smaller:3M", "(smaller 3145728)", ""},
		{"is:unread", "(not (seen))", ""},
		{"is:flagged", "(flagged)", ""},
		{"mailbox:Sent* account:\"a\"", "(and (mailbox \"Sent*\") (account \"a\"))", "1"},
		{"tag:a -tag:\"b c\"", "(and (tag \"a\") (not (tag \"b c\")))", ""},
		/* nothing is dropped in silence */
		{"foo:bar", "(word \"foo bar\")", "1"},
		{"http://example.org/x", "(word \"http //example.org/x\")", "1"},
		{"12:30", "(word \"12:30\")", ""},
		{"a after:soon", "(and (word \"a\") (word \"after soon\"))", "3"},
		{"after:2020-02-31", "(word \"after 2020-02-31\")", "1"},
		{"from: ann", "(and (word \"from \") (word \"ann\"))", "1"},
		{"is:strange", "(word \"is strange\")", "1"},
		{"---", "(all)", "3"},
		{"a $ b", "(and (word \"a\") (word \"b\"))", "3"},
		{"\"open phrase", "(word \"open phrase\")", "1"},
		{"(a b", "(and (word \"a\") (word \"b\"))", "1"},
		{"a) b", "(and (word \"a\") (word \"b\"))", "2"},
		{"OR b", "(and (word \"OR\") (word \"b\"))", "1"},
		{"a OR", "(and (word \"a\") (word \"OR\"))", "3"},
		{"ü foo:x", "(and (word \"ü\") (word \"foo x\"))", "3"},
		{"a NOT", "(and (word \"a\") (word \"NOT\"))", "3"},
		{"term*", "(word \"term*\")", "1"},
		{"a NEAR/5 b", "(and (word \"a\") (word \"NEAR/5\") (word \"b\"))", "3"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct qnode *q;
		const struct boxq_warning *w;
		size_t n;
		struct err err = {0};
		T(boxq_parse(&a, str_of(row[i].query), &q, &w, &n, &err) == 1);
		T_STR(qnode_text(&a, q), str_of(row[i].want));
		struct str columns = STR("");
		for (size_t k = 0; k < n; k++)
			columns = arena_fmt(&a, "%.*s%s%d", STR_ARG(columns), k ? "," : "",
					    w[k].column);
		T_STR(columns, str_of(row[i].warnings));
	}
}

static void limits(void)
{
	struct err err = {0};
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n = 60000;
	char *p = arena_alloc(&a, n);
	memset(p, '(', n);
	T(boxq_parse(&a, (struct str){p, n}, &q, &w, &n, &err) == 1 && n > 0);
	n = 60000;
	for (size_t i = 0; i < n; i++)
		p[i] = i % 2 ? ' ' : 'x';
	T(boxq_parse(&a, (struct str){p, n}, &q, &w, &n, &err) == -1 && err.kind == ERR_INPUT);
	for (size_t i = 0; i < 60000; i++)
		p[i] = i % 2 ? '.' : 'x';
	T(boxq_parse(&a, (struct str){p, 60000}, &q, &w, &n, &err) == 1 && n > 0);
}

int main(void)
{
	queries();
	limits();
	arena_free(&a);
	return t_done();
}
