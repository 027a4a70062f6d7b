#include "t.h"

#include "timeline.h"

static struct arena a;

int main(void)
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
		T_STR(timeline_query(&a, &s, row[i].first, row[i].last), str_of(row[i].want));
	}
	arena_free(&a);
	return t_done();
}
