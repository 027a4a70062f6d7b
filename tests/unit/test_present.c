#include "t.h"

#include "present.h"

static void times(void)
{
	static const struct {
		int64_t epoch;
		int zone;
		const char *want, *day;
	} row[] = {
		{0, 0, "1970-01-01T00:00:00+00:00", "1 Jan 1970, 00:00"},
		{1583479800, -8 * 60, "2020-03-05T23:30:00-08:00", "5 Mar 2020, 23:30"},
		{1583479800, 330, "2020-03-06T13:00:00+05:30", "6 Mar 2020, 13:00"},
		{-1, 0, "1969-12-31T23:59:59+00:00", "31 Dec 1969, 23:59"},
		{0, -90, "1969-12-31T22:30:00-01:30", "31 Dec 1969, 22:30"},
		{0, 24 * 60, "1970-01-01T00:00:00+00:00", "1 Jan 1970, 00:00"},
		{0, 24 * 60 - 1, "1970-01-01T23:59:00+23:59", "1 Jan 1970, 23:59"},
		{253402300799, 0, "9999-12-31T23:59:59+00:00", "31 Dec 9999, 23:59"},
		{253402300799, 1, "", ""},
		{-62167219200, 0, "0000-01-01T00:00:00+00:00", "1 Jan 0000, 00:00"},
		{-62167219201, 0, "", ""},
		{INT64_MAX, 1, "", ""},
		{INT64_MIN, -1, "", ""},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T_STR(present_time(&a, row[i].epoch, row[i].zone), str_of(row[i].want));
		T_STR(present_day(&a, row[i].epoch, row[i].zone), str_of(row[i].day));
	}
	arena_free(&a);
}

static void utf8(void)
{
	static const struct {
		struct str in, want;
	} row[] = {
		{STR(""), STR("")},
		{STR("\xF0\x9F\x8C\xBE"), STR("\xF0\x9F\x8C\xBE")},
		{STR("a\xFF" "b"), STR("a\xEF\xBF\xBD" "b")},
		{STR("\xF0\x9F\x8C"), STR("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
		{STR("\xED\xA0\x80"), STR("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
		{STR("\xFF\xC3\xA9\0"), STR("\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD")},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str got = present_utf8(&a, row[i].in);
		T_STR(got, row[i].want);
		T(str_utf8(got));
	}
	arena_free(&a);
}

static void amounts(void)
{
	static const struct {
		uint64_t n;
		const char *size, *number;
	} row[] = {
		{0, "0 bytes", "0"},		 {999, "999 bytes", "999"},
		{1000, "1.0 kB", "1,000"},	 {12345, "12.3 kB", "12,345"},
		{999949, "999.9 kB", "999,949"}, {999950, "1.0 MB", "999,950"},
		{5000000000, "5.0 GB", "5,000,000,000"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T_STR(present_size(&a, row[i].n), str_of(row[i].size));
		T_STR(present_number(&a, row[i].n), str_of(row[i].number));
	}
	arena_free(&a);
}

static void names(void)
{
	struct arena a = {0};
	struct archive_copy c = {.flags = ARCHIVE_SEEN | ARCHIVE_FLAGGED,
				 .keywords = STR("$Junk work")};
	const struct str *got;
	T(present_flags(&a, &c, &got) == 4);
	T_STR(got[0], STR("\\Flagged"));
	T_STR(got[1], STR("\\Seen"));
	T_STR(got[2], STR("$Junk"));
	T_STR(got[3], STR("work"));
	c = (struct archive_copy){0};
	T(present_flags(&a, &c, &got) == 0);
	struct mail_address both = {STR("Ann"), STR("a@x")}, bare = {STR(""), STR("a@x")};
	struct mail_address only = {STR("Ann"), STR("")}, bad = {STR("A\xFF"), STR("a\0b@x")};
	T_STR(present_address(&a, &both), STR("Ann <a@x>"));
	T_STR(present_address(&a, &bare), STR("a@x"));
	T_STR(present_address(&a, &only), STR("Ann"));
	T_STR(present_address(&a, &bad), STR("A\xEF\xBF\xBD <a\xEF\xBF\xBD" "b@x>"));
	arena_free(&a);
}

int main(void)
{
	times();
	utf8();
	amounts();
	names();
	return t_done();
}
