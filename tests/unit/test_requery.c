#include "t.h"

#include "requery.h"

static struct arena a;

static void test_picks(void)
{
	static const struct {
		const char *q, *dialect, *pick, *want;
	} row[] = {
		{"x", "", "", "x"},
		{"x", "", "from:a@b", "x (from:\"a@b\")"},
		{"x", "", "from:a\nyear:2020\nfrom:b",
		 "x (from:\"a\" OR from:\"b\") (date:\"2020\")"},
		{"x", "", "to:a", "x (to:\"a\" OR cc:\"a\")"},
		{"x OR y", "", "year:2020", "(x OR y) (date:\"2020\")"},
		{"x", "", "from:a\" OR \"b", "x (from:\"a? OR ?b\")"},
		{"x", "", "nothing:a", "x"},
		{"x", "", "from:", "x"},
		{"SEEN", "imap", "from:a", "SEEN"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct state s = {.q = str_of(row[i].q), .dialect = str_of(row[i].dialect),
				  .pick = str_of(row[i].pick)};
		T_STR(requery_all(&a, &s), str_of(row[i].want));
	}
	/* No number of picks makes a query without end. */
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_str(&b, STR("from:somebody@example.org\n"));
	struct state many = {.q = STR("x"), .pick = buf_all(&b)};
	T(requery_all(&a, &many).n < 2000);
	buf_free(&b);
}

static void test_time(void)
{
	static const struct {
		const char *q, *dialect, *first, *last, *want;
	} row[] = {
		{"x", "", "2020", "2020", "x date:2020"},
		{"", "", "2020", "2020", "date:2020"},
		{"x date:2019", "", "2020-03", "2020-03", "x date:2020-03"},
		{"date:2019", "", "2020-03", "2020-03", "date:2020-03"},
		{"x", "", "2020-03-05", "2020-03-07", "x date:2020-03-05..2020-03-07"},
		{"x OR y", "", "2020", "2020", "(x OR y) date:2020"},
		{"(x OR y) date:2019", "", "2020", "2020", "(x OR y) date:2020"},
		{"SEEN", "imap", "2020", "2020", "SEEN SENTSINCE 1-Jan-2020 SENTBEFORE 1-Jan-2021"},
		{"SEEN", "imap", "2020-12", "2020-12",
		 "SEEN SENTSINCE 1-Dec-2020 SENTBEFORE 1-Jan-2021"},
		{"SEEN", "imap", "2020-02-28", "2020-02-29",
		 "SEEN SENTSINCE 28-Feb-2020 SENTBEFORE 1-Mar-2020"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct state s = {.q = str_of(row[i].q), .dialect = str_of(row[i].dialect)};
		T_STR(requery_time(&a, &s, row[i].first, row[i].last), str_of(row[i].want));
	}
}

int main(void)
{
	test_picks();
	test_time();
	arena_free(&a);
	return t_done();
}
