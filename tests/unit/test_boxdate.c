#include "t.h"

#include "boxdate.h"
#include "qnode.h"

int main(void)
{
	static const struct {
		const char *in;
		bool good;
		unsigned first[3], end[3];
	} row[] = {
		{"2020", true, {2020, 1, 1}, {2021, 1, 1}},
		{"2020-02", true, {2020, 2, 1}, {2020, 3, 1}},
		{"2020-12", true, {2020, 12, 1}, {2021, 1, 1}},
		{"2020-2-29", true, {2020, 2, 29}, {2020, 3, 1}},
		{"2019..2021", true, {2019, 1, 1}, {2022, 1, 1}},
		{"2019-03..2019-03-05", true, {2019, 3, 1}, {2019, 3, 6}},
		{"2021..2019", true, {2019, 1, 1}, {2022, 1, 1}},
		{"2019-02-29", false, {0}, {0}},
		{"2020-13", false, {0}, {0}},
		{"2020-", false, {0}, {0}},
		{"2020-1-1-1", false, {0}, {0}},
		{"20", false, {0}, {0}},
		{"..", false, {0}, {0}},
		{"last week", true, {1969, 12, 22}, {1969, 12, 29}},
		{"thursday", true, {1970, 1, 1}, {1970, 1, 2}},
		{"last thu", true, {1969, 12, 25}, {1969, 12, 26}},
		{"1m", true, {1969, 12, 1}, {1970, 1, 2}},
		{"99999y", false, {0}, {0}},
		{"this thursday", false, {0}, {0}},
		{"5 5 5 5 5", false, {0}, {0}},
		{"-2020", false, {0}, {0}},
		{"1970-01-01-", false, {0}, {0}},
		{"02020", false, {0}, {0}},
		{"", false, {0}, {0}},
		{"soon", false, {0}, {0}},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct boxdate d;
		int32_t want_first = 0, want_end = 0;
		bool good = boxdate_range(str_of(row[i].in), 0, &d);
		T(good == row[i].good);
		if (good != row[i].good)
			printf("  %s\n", row[i].in);
		if (!good || !row[i].good)
			continue;
		T(qnode_day(row[i].first[0], row[i].first[1], row[i].first[2], &want_first));
		T(qnode_day(row[i].end[0], row[i].end[1], row[i].end[2], &want_end));
		T(d.first == want_first && d.end == want_end);
	}
	return t_done();
}
