#include "t.h"

#include "maildate.h"


static void dates(void)
{
	static const struct {
		const char *in;
		int y, m, d; /* 0: unusable */
		int second, zone;
	} row[] = {
		{" Wed, 05 Mar 2025 23:30:00 -0800", 2025, 3, 5, 84600, -480},
		{"5 Mar 2025 23:30 +0530", 2025, 3, 5, 84600, 330},
		{" 5 Mar 25 3:30:15", 2025, 3, 5, 12615, 0},
		{" Wednesday, 5 March 2025 10:00:00 GMT", 2025, 3, 5, 36000, 0},
		{" Wed,5 Mar 2025 10.00.00 EST", 2025, 3, 5, 36000, -300},
		{" (c) Wed (d) , 5 (e) Mar\r\n\t2025 10 : 00 : 01 (f)", 2025, 3, 5, 36001, 0},
		{" 5 mARx 2025 10:00 foo bar", 2025, 3, 5, 36000, 0},
		{" 5 Mar 2025 10:00:60 +0000", 2025, 3, 5, 36060, 0},
		{" 5 Mar 2025 10:00:00 \"x\"", 2025, 3, 5, 36000, 0},
		{" 5 Mar 2025 10:00:00 (open", 2025, 3, 5, 36000, 0},
		{" 5 Mar 2025 10:00:00 +9", 2025, 3, 5, 36000, 0},
		{" 5 Mar 2025 10:00:00 +0199", 2025, 3, 5, 36000, 0},
		{" 29 Feb 2024 0:00", 2024, 2, 29, 0, 0},
		{" 29 Feb 2000 0:00", 2000, 2, 29, 0, 0},
		{" 1 Jan 1900 0:00", 1900, 1, 1, 0, 0},
		{" 1 Jan 69 0:00", 2069, 1, 1, 0, 0},
		{" 1 Jan 70 0:00", 1970, 1, 1, 0, 0},
		{" 31 Dec 9999 23:59:59", 9999, 12, 31, 86399, 0},
		{"", 0, 0, 0, 0, 0},
		{" not a date", 0, 0, 0, 0, 0},
		{" Wed 5 Mar 2025 10:00", 0, 0, 0, 0, 0},
		{" , 5 Mar 2025 10:00", 0, 0, 0, 0, 0},
		{" 5-Mar-2025 10:00", 0, 0, 0, 0, 0},
		{" 2025-03-05 10:00", 0, 0, 0, 0, 0},
		{" Mar 5 2025 10:00", 0, 0, 0, 0, 0},
		{" 5 Ma 2025 10:00", 0, 0, 0, 0, 0},
		{" 5 Mar 025 10:00", 0, 0, 0, 0, 0},
		{" 5 Mar 02025 10:00", 0, 0, 0, 0, 0},
		{" 5 Mar 1899 10:00", 0, 0, 0, 0, 0},
		{" 005 Mar 2025 10:00", 0, 0, 0, 0, 0},
		{" 0 Mar 2025 10:00", 0, 0, 0, 0, 0},
		{" 32 Mar 2025 10:00", 0, 0, 0, 0, 0},
		{" 31 Apr 2025 10:00", 0, 0, 0, 0, 0},
		{" 29 Feb 2025 10:00", 0, 0, 0, 0, 0},
		{" 29 Feb 1900 10:00", 0, 0, 0, 0, 0},
		{" 5 Mar 2025", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 10", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 10:0", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 24:00", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 10:60", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 10:00:61", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 10:00:5", 0, 0, 0, 0, 0},
		{" 5 Mar 2025 100:00", 0, 0, 0, 0, 0},
		{" (open", 0, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct mail_date d = maildate_parse(str_of(row[i].in));
		int32_t day = 0;
		T(d.usable == (row[i].y != 0));
		if (!d.usable || !row[i].y) {
			if (d.usable != (row[i].y != 0))
				printf("  in '%s'\n", row[i].in);
			continue;
		}
		T(maildate_day(row[i].y, row[i].m, row[i].d, &day) == 1);
		T(d.day == day);
		T(d.zone == row[i].zone);
		T(d.epoch == (int64_t)day * 86400 + row[i].second - row[i].zone * 60);
	}
}

/* The days of 1600 to 2399 are one after the other. */
static void calendar(void)
{
	int32_t want, day;
	T(maildate_day(1970, 1, 1, &day) == 1 && day == 0);
	T(maildate_day(2000, 3, 1, &day) == 1 && day == 11017);
	T(maildate_day(1900, 1, 1, &day) == 1 && day == -25567);
	T(maildate_day(1600, 1, 1, &want) == 1);
	bool ok = true;
	for (int y = 1600; y < 2400; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1; maildate_day(y, m, d, &day); d++)
				ok = ok && day == want++ && d <= 31;
	T(ok);
	T(maildate_day(2000, 0, 1, &day) == 0 && maildate_day(2000, 13, 1, &day) == 0);
	T(maildate_day(0, 1, 1, &day) == 0 && maildate_day(2000, 1, 0, &day) == 0);
}

int main(void)
{
	dates();
	calendar();
	return t_done();
}
