#include "t.h"

#include "url.h"

static void paths(void)
{
	static const struct {
		const char *in;
		int n; /* segments, -1: refused */
		const char *last;
	} row[] = {
		{"/", 0, ""},
		{"/a", 1, "a"},
		{"/a/", 2, ""},
		{"/a/b%20c", 2, "b c"},
		{"/a%2Fb", 1, "a/b"},
		{"/%41%c3%A9", 1, "A\xC3\xA9"},
		{"//", 2, ""},
		{"/a?x=/b/c", 1, "a"},
		{"http://host/a/b", 2, "b"},
		{"HTTP://host", 0, ""},
		{"/a%", -1, ""},
		{"/a%4", -1, ""},
		{"/a%4g", -1, ""},
		{"/a%%34", -1, ""},
		{"/%00", -1, ""},
		{"/a/../b", -1, ""},
		{"/a/./b", -1, ""},
		{"/a/%2e%2E/b", -1, ""},
		{"", -1, ""},
		{"a", -1, ""},
		{"*", -1, ""},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 16, "16"},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", -1, ""},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct err err = {0};
		struct url u;
		int r = url_parse(&a, str_of(row[i].in), &u, &err);
		T(r == (row[i].n < 0 ? -1 : 1));
		T(r > 0 || err.kind == ERR_INPUT);
		T(r < 0 || u.n_segments == (size_t)row[i].n);
		if (r > 0 && row[i].n > 0)
			T_STR(u.segments[u.n_segments - 1], str_of(row[i].last));
		arena_free(&a);
	}
}

static void params(void)
{
	static const struct {
		const char *in, *name, *want; /* want NULL: refused */
	} row[] = {
		{"/?q=a+b", "q", "a b"},	{"/?q=a%2Bb", "q", "a+b"},
		{"/?q=a%26b=c&z=1", "q", "a&b=c"}, {"/?x=1&q=", "q", ""},
		{"/?q", "q", ""},		{"/?&&q=1&", "q", "1"},
		{"/?q=1&q=2", "q", "1"},	{"/?Q=1", "q", "none"},
		{"/", "q", "none"},		{"/?", "q", "none"},
		{"/?q=%", "q", NULL},		{"/?%zz=1", "q", NULL},
		{"/?%71=1", "q", "1"},		{"/?q=%C3%A9", "q", "\xC3\xA9"},
		{"/?q=?/a", "q", "?/a"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct err err = {0};
		struct url u;
		int r = url_parse(&a, str_of(row[i].in), &u, &err);
		T(r == (row[i].want ? 1 : -1));
		if (r > 0)
			T_STR(url_get(&u, row[i].name, STR("none")), str_of(row[i].want));
		arena_free(&a);
	}
}

static void nul_in_value(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct url u;
	T(url_parse(&a, STR("/?q=a%00b"), &u, &err) == 1);
	T_STR(url_get(&u, "q", STR("")), STR("a\0b"));
	arena_free(&a);
}

static void odd(void)
{
	static const char *const known[] = {"q", "limit", NULL};
	static const struct {
		const char *in, *want; /* want NULL: nothing odd */
	} row[] = {
		{"/?q=1&limit=2", NULL}, {"/", NULL},	   {"/?q=1&lmit=2", "lmit"},
		{"/?q=1&q=2", "q"},	 {"/?=1", ""},	   {"/?limit=1&q=1&limit=1", "limit"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct err err = {0};
		struct url u;
		T(url_parse(&a, str_of(row[i].in), &u, &err) == 1);
		const struct url_param *p = url_odd(&u, known);
		T((p == NULL) == (row[i].want == NULL));
		if (p && row[i].want)
			T_STR(p->name, str_of(row[i].want));
		arena_free(&a);
	}
}

static void too_many(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct url u;
	struct buf b;
	buf_init(&b, 4096);
	buf_str(&b, STR("/?"));
	for (int i = 0; i < URL_MAX_PARAMS; i++)
		buf_fmt(&b, "p%d=1&", i);
	T(url_parse(&a, buf_all(&b), &u, &err) == 1 && u.n_params == URL_MAX_PARAMS);
	buf_str(&b, STR("more=1"));
	T(url_parse(&a, buf_all(&b), &u, &err) == -1);
	buf_free(&b);
	arena_free(&a);
}

/* What is escaped comes back the same, for every byte. */
static void round_trip(void)
{
	struct arena a = {0};
	struct err err = {0};
	struct url u;
	struct buf b;
	char all[256];
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	struct str s = {all, sizeof all};
	buf_init(&b, 4096);
	buf_str(&b, STR("/?q="));
	url_escape(&b, s);
	T(str_chr(buf_all(&b), '"') < 0 && str_chr(buf_all(&b), '<') < 0 &&
	  str_chr(buf_all(&b), '&') < 0);
	T(url_parse(&a, buf_all(&b), &u, &err) == 1);
	T_STR(url_get(&u, "q", STR("")), s);
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	paths();
	params();
	nul_in_value();
	odd();
	too_many();
	round_trip();
	return t_done();
}
