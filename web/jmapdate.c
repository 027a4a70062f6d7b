#define _GNU_SOURCE
#include "jmapdate.h"

#include <stdlib.h>
#include <time.h>

/* Digits s[at..at+n) as number, -1: other characters. */
static int digits(struct str s, size_t at, size_t n)
{
	int x = 0;
	for (size_t i = at; i < at + n; i++) {
		if (i >= s.n || s.p[i] < '0' || s.p[i] > '9')
			return -1;
		x = 10 * x + (s.p[i] - '0');
	}
	return x;
}

static bool shape(struct str s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (i >= s.n || (form[i] == 'd' ? s.p[i] < '0' || s.p[i] > '9'
						: s.p[i] != form[i]))
			return false;
	return true;
}

bool jmapdate_read(struct str s, int64_t *out)
{
	if (!shape(s))
		return false;
	struct tm tm = {.tm_year = digits(s, 0, 4) - 1900, .tm_mon = digits(s, 5, 2) - 1,
			.tm_mday = digits(s, 8, 2), .tm_hour = digits(s, 11, 2),
			.tm_min = digits(s, 14, 2), .tm_sec = digits(s, 17, 2)};
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	size_t at = 19;
	bool more = false; /* than whole seconds */
	if (at < s.n && s.p[at] == '.' && digits(s, at + 1, 1) >= 0)
		for (at++; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++)
			more |= s.p[at] != '0';
	struct str zone = str_cut(s, at, s.n);
	int minutes = 0;
	if (zone.n == 6 && (zone.p[0] == '+' || zone.p[0] == '-') && zone.p[3] == ':' &&
	    digits(zone, 1, 2) >= 0 && digits(zone, 4, 2) >= 0)
		minutes = (digits(zone, 1, 2) * 60 + digits(zone, 4, 2)) *
			  (zone.p[0] == '-' ? -1 : 1);
	else if (!str_eq(zone, STR("Z")))
		return false;
	*out = (int64_t)timegm(&tm) - minutes * 60 + more;
	return true;
}

static struct str day_and_time(struct arena *a, int64_t at, const char *zone)
{
	time_t t = (time_t)at;
	struct tm tm;
	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099)
		return STR("");
	return arena_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d%s", tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, zone);
}

struct str jmapdate_utc(struct arena *a, int64_t at)
{
	return day_and_time(a, at, "Z");
}

struct str jmapdate_zoned(struct arena *a, int64_t at, int zone)
{
	int most = abs(zone) % 6000;
	struct str z = arena_fmt(a, "%c%02d:%02d", zone < 0 ? '-' : '+', most / 60, most % 60);
	return day_and_time(a, at + zone * 60, zone ? z.p : "Z");
}
