#include "t.h"

#include "rank.h"

/* Places as text. The order itself is in tests/live/test_ranking.py. */
static const struct {
	const char *text;
	bool recent, want;
} row[] = {
	{"r5.7.0.123.-86400.3", false, true}, {"m5.7.1.-12.0.3", true, true},
	{"r5.7.0.123.-86400.3", true, false}, {"m5.7.1.-12.0.3", false, false},
	{"r5.7.2.1.1.3", false, false}, {"r-5.7.0.1.1.3", false, false},
	{"r5.7.0.1.1", false, false}, {"r5.7.0.1.1.3.4", false, false},
	{"r5.7.0.1.1.-3", false, false}, {"r5.7.0..1.3", false, false},
	{"r5.7.0.9223372036854775808.1.3", false, false}, {"", false, false}, {"r", false, false},
	{"n1.1", false, false},
};

int main(void)
{
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct rank_options o = {.recent = row[i].recent};
		T(rank_read(str_of(row[i].text), &o) == row[i].want);
		T(o.has_after == row[i].want);
	}
	struct rank_options o = {.recent = false};
	T(rank_read(STR("r5.7.1.123.-86400.3"), &o) == 1);
	T(o.counted_to == 5 && o.found_to == 7 && o.after.behind && o.after.score == 123 &&
	  o.after.date == -86400 && o.after.number == 3);
	return t_done();
}
