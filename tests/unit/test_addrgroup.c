#include "t.h"

#include "addrgroup.h"

static const struct {
	const char *raw, *want; /* "name=members|name=members" */
} rows[] = {
	{"", ""}, {" , ", ""}, {"a@x", "=a@x"}, {"a@x, b@x", "=a@x, b@x"},
	{" T: a@x;", "T= a@x"}, {"T:a@x", "T=a@x"}, {"T:;U: ;", "T=|U= "}, {":;", "="},
	{"a@x, T: b@x, c@x;, d@x", "=a@x,|T= b@x, c@x|=d@x"},
	{"a@x,b@x T:c@x;d@x", "=a@x,|b@x T=c@x|=d@x"},
	/* In quotes, comments and angle brackets nothing counts. */
	{"\"b: c, d;\" <b@x>", "=\"b: c, d;\" <b@x>"}, {"(c: \\) ;) a@x", "=(c: \\) ;) a@x"},
	{"<@r:a@x>, T:<@r;:b@x>;", "=<@r:a@x>,|T=<@r;:b@x>"},
	{"(a (b:) c:) T: \"x;\\\";\" <a@x>;", "(a (b:) c:) T= \"x;\\\";\" <a@x>"},
	/* Names are decoded, and without their quotes. */
	{"\"The: Team\" : b@x;", "The: Team= b@x"}, {"=?utf-8?q?=C3=A4?=:;", "\303\244="},
	{"A\r\n B: c@x;", "A B= c@x"},
	/* What does not end. */
	{"\"a: b@x", "=\"a: b@x"}, {"T: (a@x; b@x", "T= (a@x; b@x"}, {"a@x,T:", "=a@x,|T="},
	{"T:a@x\\", "T=a@x\\"}, {"\"\\", "=\"\\"},
};

/* Many groups take no longer than they should: what is quadratic would take minutes. */
static void many(void)
{
	enum { N = 1 << 19 };
	struct arena a = {0};
	const struct addrgroup *g;
	char *text = arena_alloc(&a, 3 * N);
	for (size_t i = 0; i < N; i++)
		memcpy(text + 3 * i, "a:;", 3);
	T(addrgroup_split(&a, (struct str){text, 3 * N}, &g) == N);
	arena_free(&a);
}

int main(void)
{
	many();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		const struct addrgroup *g;
		struct str got = STR("");
		size_t n = addrgroup_split(&a, str_of(rows[i].raw), &g);
		for (size_t k = 0; k < n; k++)
			got = arena_fmt(&a, "%.*s%s%.*s=%.*s", STR_ARG(got), k ? "|" : "",
					STR_ARG(g[k].name), STR_ARG(g[k].members));
		T_STR(got, str_of(rows[i].want));
		arena_free(&a);
	}
	return t_done();
}
