#include "t.h"

#include "refine.h"

static struct arena a;

int main(void)
{
	static const struct {
		const char *q, *dialect, *pick, *want;
	} row[] = {
		{"x", "", "", "x"},
		{"x", "", "from:a@b", "x (from:\"a@b\")"},
		{"x", "", "from:a\nyear:2020\nfrom:b", "x (from:\"a\" OR from:\"b\") (date:\"2020\")"},
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
		T_STR(refine_query(&a, &s), str_of(row[i].want));
	}
	/* No number of picks makes a query without end. */
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_str(&b, STR("from:somebody@example.org\n"));
	struct state many = {.q = STR("x"), .pick = buf_all(&b)};
	T(refine_query(&a, &many).n < 2000);
	buf_free(&b);
	arena_free(&a);
	return t_done();
}
