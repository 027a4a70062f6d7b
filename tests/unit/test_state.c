#include "t.h"

#include "state.h"

static struct arena a;

static struct str href(const struct state *s)
{
	struct buf b;
	struct markup m = {&b, &a};
	buf_init(&b, 4096);
	state_href(&m, s);
	struct str out = arena_str(&a, buf_all(&b));
	buf_free(&b);
	return out;
}

/* Read and written again, an address says the same, without what is usual. */
static void test_round(void)
{
	static const char *const row[][2] = {
		{"/", "/"},
		{"/?q=", "/"},
		{"/?q=a+b", "/?q=a%20b"},
		{"/?sort=-date&limit=50&dialect=box&q=x&total=at_least", "/?q=x"},
		{"/?q=x&open=12&view=html", "/?q=x&amp;open=12&amp;view=html"},
		{"/?q=x&pick=from:a%0Ato:b&facets=1",
		 "/?q=x&amp;facets=1&amp;pick=from%3Aa%0Ato%3Ab"},
		{"/?q=%22%3E%3Cb%3E", "/?q=%22%3E%3Cb%3E"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct url u;
		struct state s;
		struct err err;
		T(url_parse(&a, str_of(row[i][0]), &u, &err) > 0);
		state_read(&u, &s);
		T_STR(href(&s), str_of(row[i][1]));
	}
}

/* What a search is asked holds nothing of the page's own. */
static void test_ask(void)
{
	static const struct {
		const char *target;
		size_t left;
	} row[] = {
		{"/?q=x&open=1&view=html&timeline=1&facets=1&pick=a", 1},
		{"/?q=x&sort=subject&cursor=50", 1},
		{"/?q=x&sort=-size", 1},
		{"/?q=x&sort=date&cursor=50", 3},
		{"/?q=x&nothing=1", 2},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct url u;
		struct err err;
		T(url_parse(&a, str_of(row[i].target), &u, &err) > 0);
		T(state_ask(&a, &u).n_params == row[i].left);
	}
}

static void test_list(void)
{
	struct state s = {.q = STR("x"), .cursor = STR("5"), .open = STR("1"), .view = STR("html")};
	struct state t = state_list(&s);
	T_STR(href(&t), STR("/?q=x"));
}

int main(void)
{
	test_round();
	test_ask();
	test_list();
	arena_free(&a);
	return t_done();
}
