#include "t.h"

#include "range.h"

static bool has(const char *if_none_match)
{
	const struct http_request req = {.if_none_match = str_of(if_none_match)};
	return range_known(&req, STR("\"ab\""));
}

int main(void)
{
	T(has("\"ab\"") && has("W/\"ab\"") && has("\"x\", \"ab\"") && has("*"));
	T(!has("") && !has("ab") && !has("\"abc\"") && !has("\"a\", \"b\""));
	static const struct {
		const char *value;
		uint64_t size;
		int r;
		uint64_t first, last;
	} row[] = {
		{"bytes=0-0", 10, 1, 0, 0}, {"bytes=2-5", 10, 1, 2, 5}, {"bytes=2-", 10, 1, 2, 9},
		{"bytes=-3", 10, 1, 7, 9}, {"bytes=-30", 10, 1, 0, 9}, {"Bytes=9-99", 10, 1, 9, 9},
		{"bytes=10-", 10, -1, 0, 0}, {"bytes=-0", 10, -1, 0, 0}, {"bytes=0-", 0, -1, 0, 0},
		{"bytes=-1", 0, -1, 0, 0}, {"bytes=5-4", 10, 0, 0, 0},
		{"bytes=1-2,4-5", 10, 0, 0, 0},
		{"bytes=", 10, 0, 0, 0}, {"bytes=-", 10, 0, 0, 0}, {"lines=1-2", 10, 0, 0, 0},
		{"bytes=a-b", 10, 0, 0, 0}, {"bytes=99999999999999999999-", 10, 0, 0, 0},
		{"", 10, 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t first = 0, last = 0;
		int r = range_parse(str_of(row[i].value), row[i].size, &first, &last);
		T(r == row[i].r);
		if (r == 1) {
			T(first == row[i].first);
			T(last == row[i].last);
		}
	}
	return t_done();
}
