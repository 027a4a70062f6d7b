#define _GNU_SOURCE
#include "present.h"

#include <time.h>

/* Length of the well-formed sequence at the start of s, 0: there is none. */
static size_t sequence(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (str_utf8(str_cut(s, 0, n)))
			return n;
	return 0;
}

struct str present_utf8(struct arena *a, struct str s)
{
	if (str_utf8(s) && str_chr(s, '\0') < 0)
		return s;
	char *p = arena_alloc(a, s.n * 3 + 1);
	size_t out = 0;
	for (size_t i = 0; i < s.n;) {
		size_t n = s.p[i] ? sequence(str_cut(s, i, s.n)) : 0;
		if (n) {
			memcpy(p + out, s.p + i, n);
			out += n;
			i += n;
		} else {
			memcpy(p + out, "\xEF\xBF\xBD", 3);
			out += 3;
			i++;
		}
	}
	return (struct str){p, out};
}

/* The calendar of the instant in the zone, which is corrected. 1, or 0 beyond the calendar. */
static int calendar(int64_t epoch, int *zone, struct tm *tm)
{
	if (*zone <= -24 * 60 || *zone >= 24 * 60)
		*zone = 0;
	if (epoch > INT64_C(1) << 40 || epoch < -(INT64_C(1) << 40))
		return 0;
	time_t t = (time_t)(epoch + *zone * 60);
	return gmtime_r(&t, tm) && tm->tm_year >= -1900 && tm->tm_year <= 9999 - 1900;
}

struct str present_time(struct arena *a, int64_t epoch, int zone)
{
	struct tm tm;
	if (!calendar(epoch, &zone, &tm))
		return STR("");
	int off = zone < 0 ? -zone : zone;
	return arena_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", tm.tm_year + 1900,
			 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			 zone < 0 ? '-' : '+', off / 60, off % 60);
}

struct str present_day(struct arena *a, int64_t epoch, int zone)
{
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	if (!calendar(epoch, &zone, &tm))
		return STR("");
	return arena_fmt(a, "%d %s %04d, %02d:%02d", tm.tm_mday, months[tm.tm_mon],
			 tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
}

struct str present_size(struct arena *a, uint64_t bytes)
{
	static const char *const unit[] = {"kB", "MB", "GB"};
	double v = (double)bytes / 1000;
	size_t u = 0;
	if (bytes < 1000)
		return arena_fmt(a, "%u bytes", (unsigned)bytes);
	for (; u < 2 && v >= 999.95; u++)
		v /= 1000;
	return arena_fmt(a, "%.1f %s", v, unit[u]);
}

struct str present_number(struct arena *a, uint64_t n)
{
	struct str digits = arena_fmt(a, "%llu", (unsigned long long)n);
	char *p = arena_alloc(a, digits.n * 2);
	size_t out = 0;
	for (size_t i = 0; i < digits.n; i++) {
		if (i && (digits.n - i) % 3 == 0)
			p[out++] = ',';
		p[out++] = digits.p[i];
	}
	return (struct str){p, out};
}

struct str present_address(struct arena *a, const struct mail_address *m)
{
	struct str name = present_utf8(a, m->name), email = present_utf8(a, m->email);
	if (name.n == 0)
		return email;
	if (email.n == 0)
		return name;
	return arena_fmt(a, "%.*s <%.*s>", STR_ARG(name), STR_ARG(email));
}

size_t present_flags(struct arena *a, const struct archive_copy *c, const struct str **out)
{
	static const struct {
		unsigned flag;
		struct str name;
	} system[] = {
		{ARCHIVE_ANSWERED, {"\\Answered", 9}}, {ARCHIVE_FLAGGED, {"\\Flagged", 8}},
		{ARCHIVE_DELETED, {"\\Deleted", 8}},   {ARCHIVE_SEEN, {"\\Seen", 5}},
		{ARCHIVE_DRAFT, {"\\Draft", 6}},
	};
	struct str *names = NULL, rest = c->keywords, word;
	size_t n = 0;
	for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
		if (!(c->flags & system[i].flag))
			continue;
		names = arena_grow(a, names, n, sizeof *names);
		names[n++] = system[i].name;
	}
	while (str_split(&rest, ' ', &word)) {
		if (word.n == 0)
			continue;
		names = arena_grow(a, names, n, sizeof *names);
		names[n++] = word;
	}
	*out = names;
	return n;
}
