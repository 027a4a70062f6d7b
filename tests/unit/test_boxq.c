#include "t.h"

#include "boxq.h"

/* The day the table is read on: Saturday, 2020-05-16. */
enum { TODAY = 18398 };

static struct arena a;

static struct str replaced(struct str s, const char *what, const char *by)
{
	ptrdiff_t at;
	while ((at = str_find(s, str_of(what))) >= 0) {
		size_t end = (size_t)at + strlen(what);
		s = arena_fmt(&a, "%.*s%s%.*s", (int)at, s.p, by, (int)(s.n - end), s.p + end);
	}
	return s;
}

/* A day is asked of the Date field, or of the arrival where there is none: in the table that is
 * (from-day D) and (to-day D). */
static struct str tree(const struct qnode *q)
{
	struct str s = qnode_text(&a, q), out = STR("");
	static const struct {
		const char *head, *middle, *name;
	} days[] = {
		{"(or (sentsince ", ") (and (not (sentsince 1900-01-01)) (since ", "(from-day "},
		{"(or (sentbefore ", ") (and (not (sentsince 1900-01-01)) (before ", "(to-day "},
	};
	for (size_t i = 0; i < 2; i++) {
		ptrdiff_t at;
		while ((at = str_find(s, str_of(days[i].head))) >= 0) {
			size_t from = (size_t)at + strlen(days[i].head);
			struct str day = str_cut(s, from, from + 10);
			out = arena_fmt(&a, "%s%.*s%s%.*s)))", days[i].head, STR_ARG(day),
					days[i].middle, STR_ARG(day));
			s = replaced(s, out.p, arena_fmt(&a, "%s%.*s)", days[i].name,
							 STR_ARG(day)).p);
		}
	}
	return s;
}

static struct str said(const struct boxq_warning *w, size_t n)
{
	struct str s = STR("");
	for (size_t i = 0; i < n; i++)
		s = arena_fmt(&a, "%.*s%s%d: %.*s", STR_ARG(s), i ? "; " : "", w[i].column,
			      STR_ARG(w[i].text));
	return s;
}

static const struct {
	const char *query, *tree, *warnings;
} row[] = {
#include "boxq.table"
};

static void queries(void)
{
	T(sizeof row / sizeof *row >= 300);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		const struct qnode *q;
		const struct boxq_warning *w;
		size_t n;
		T(boxq_parse_on(&a, str_of(row[i].query), TODAY, &q, &w, &n) == 1);
		T_STR(tree(q), str_of(row[i].tree));
		T_STR(said(w, n), str_of(row[i].warnings));
	}
}

/* Whatever it is, it is parsed in little memory, and a warning says what was left out. */
static void any(struct str s, size_t least)
{
	const struct qnode *q;
	const struct boxq_warning *w;
	size_t n;
	T(boxq_parse_on(&a, s, TODAY, &q, &w, &n) == 1 && n >= least);
	for (size_t i = 0; i < n; i++)
		T(w[i].column >= 1 && (size_t)w[i].column <= s.n + 1 && w[i].text.n > 0);
	T(a.used < (size_t)32 << 20);
	T(qnode_text(&a, q).n > 0);
	arena_reset(&a);
}

static void limits(void)
{
	static const char *const pieces[] = {
		"(", ")", "{", "x ", "x.", "\"", "-", "a NEAR/5 ", "from:(", "imap:(", "OR ",
		"a:b ", "date:2020 ", "\xff ", "header:x=", "- ", "x*", "(a OR b) NEAR/2 ",
		"after: ", "\xe4\xb8\xad ", "imap:(X-GM-RAW \"", "from:{\"",
		"header:X=(", "is:x ", "\"a ", "foo:(", "list:(a) ",
	};
	static const struct {
		const char *head;
		size_t stars;
	} heads[] = {
		{"\"", 69000}, {"\"", 40000}, {"header:", 40000}, {"header:", 997}, {"a:", 40000},
		{"imap:(", 40000}, {"subject:", 40000}, {"NEAR/", 40000},
	};
	size_t n = 70000;
	char *p = malloc(n);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		for (size_t at = 0; at < n; at++)
			p[at] = pieces[i][at % strlen(pieces[i])];
		any((struct str){p, n}, 1);
		any((struct str){p, QNODE_MAX_TEXT}, 0);
		any((struct str){p, 1000}, 0);
	}
	/* One long word, then many short ones. */
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t end = strlen(heads[i].head) + heads[i].stars;
		memset(p, '*', n);
		memcpy(p, heads[i].head, strlen(heads[i].head));
		for (size_t at = end; at < n; at++)
			p[at] = "a "[at % 2];
		memcpy(p + end, "=(", 2);
		any((struct str){p, QNODE_MAX_TEXT}, 1);
	}
	free(p);
}

int main(void)
{
	queries();
	limits();
	arena_free(&a);
	return t_done();
}
