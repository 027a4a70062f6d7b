#define _POSIX_C_SOURCE 200809L

#include "boxdate.h"

#include "qnode.h"

#include <time.h>

enum { LONGEST = 40, PIECES = 4, FIRST_YEAR = 1000, CENTURY = 70 };

/* A number or a word, and the sign before it (0: none). */
struct piece {
	struct str s;
	bool number;
	uint32_t value;
	char before;
};

struct text {
	struct piece v[PIECES];
	size_t n;
	int32_t today;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* "5th": the letters say nothing. */
static bool is_ordinal(const struct text *t, struct str word, char before)
{
	static const struct str ends[] = {STR("st"), STR("nd"), STR("rd"), STR("th")};
	bool behind = before == 0 && t->n > 0 && t->v[t->n - 1].number;
	for (size_t i = 0; behind && i < sizeof ends / sizeof *ends; i++)
		if (str_ieq(word, ends[i]))
			return true;
	return false;
}

/* Passes over what parts two pieces: blanks and their like, or one '-', '/' or '.'. */
static char sign(struct str s, size_t *i)
{
	size_t start = *i;
	while (*i < s.n && strchr(" _,", s.p[*i]) && s.p[*i])
		++*i;
	if (*i > start)
		return ' ';
	if (*i < s.n && s.p[*i] && strchr("-/.", s.p[*i]))
		return s.p[(*i)++];
	return 0;
}

/* Cuts into pieces. False: something else stands there. */
static bool cut(struct text *t, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		char before = sign(s, &i);
		size_t from = i;
		while (i < s.n && is_digit(s.p[i]))
			i++;
		bool number = i > from;
		while (!number && i < s.n && is_letter(s.p[i]))
			i++;
		struct piece p = {str_cut(s, from, i), number, 0, before};
		if (i == from || (number && !str_u32(p.s, &p.value)))
			return false;
		if (!number && is_ordinal(t, p.s, before))
			continue;
		if (t->n == PIECES || (t->n == 0 && before))
			return false;
		t->v[t->n++] = p;
	}
	return t->n > 0;
}

/* ---- days ---- */

static int one_day(unsigned y, unsigned m, unsigned d, struct boxdate *out)
{
	if (!qnode_day(y, m, d, &out->first))
		return 0;
	out->end = out->first + 1;
	return 1;
}

/* A month, a year (month 0). There may be no year 10000. */
static int period(unsigned y, unsigned m, struct boxdate *out)
{
	if (!qnode_day(y, m ? m : 1, 1, &out->first))
		return 0;
	if (!qnode_day(m && m < 12 ? y : y + 1, m ? m % 12 + 1 : 1, 1, &out->end))
		out->end = out->first + (m ? 31 : 365);
	return 1;
}

static bool is_year(const struct piece *p)
{
	return p->number && p->s.n == 4;
}

/* The month of that name, also when it is written out. 0: none. */
static unsigned month_of(struct str s)
{
	static const char *const names[] = {
		"january", "february", "march", "april", "may", "june", "july", "august",
		"september", "october", "november", "december",
	};
	for (unsigned i = 0; i < 12; i++)
		if (s.n >= 3 && str_istarts(str_of(names[i]), s))
			return i + 1;
	return 0;
}

/* A month without its year: the last one that has begun. */
static int recent_month(const struct text *t, unsigned m, unsigned d, struct boxdate *out)
{
	unsigned y, now;
	if (!qnode_month_of(t->today, &y, &now))
		return 0;
	for (unsigned back = 0; back < 9 && back <= y; back++) { /* for 29 February */
		int r = d ? one_day(y - back, m, d, out) : period(y - back, m, out);
		if (r && out->first <= t->today)
			return 1;
	}
	return 0;
}

/* "5/3/2020": the day first, unless it cannot be. */
static int day_first(const struct text *t, struct boxdate *out)
{
	const struct piece *v = t->v;
	uint32_t year = v[2].value, d = v[0].value, m = v[1].value;
	if (v[2].s.n == 2)
		year += year < CENTURY ? 2000 : 1900;
	else if (v[2].s.n != 4)
		return 0;
	if (v[0].s.n > 2 || v[1].s.n > 2 || v[1].before == ' ')
		return 0;
	if (m > 12 && d <= 12)
		return one_day(year, d, m, out);
	out->ambiguous = v[1].before != '.' && d <= 12 && m <= 12 && d != m;
	return one_day(year, m, d, out);
}

static int numbers(const struct text *t, struct boxdate *out)
{
	const struct piece *v = t->v;
	uint32_t x = v[0].value;
	switch (t->n) {
	case 1:
		if (v[0].s.n == 8)
			return one_day(x / 10000, x / 100 % 100, x % 100, out);
		return is_year(&v[0]) && x >= FIRST_YEAR ? period(x, 0, out) : 0;
	case 2:
		if (v[1].before == ' ' || v[1].value == 0)
			return 0;
		if (is_year(&v[0]) && v[1].s.n <= 2)
			return period(x, v[1].value, out);
		return is_year(&v[1]) && v[0].s.n <= 2 && x ? period(v[1].value, x, out) : 0;
	case 3:
		if (v[1].before != v[2].before)
			return 0;
		if (is_year(&v[0]) && v[1].s.n <= 2 && v[2].s.n <= 2)
			return one_day(x, v[1].value, v[2].value, out);
		return day_first(t, out);
	default:
		return 0;
	}
}

/* "5 March 2020", "March 5, 2020", "2020-Mar-05", "March 2020", "5 March", "March". */
static int named_month(const struct text *t, struct boxdate *out)
{
	uint32_t year = 0, day = 0;
	unsigned month = 0;
	bool has_year = false, has_day = false;
	for (size_t i = 0; i < t->n; i++) {
		const struct piece *p = &t->v[i];
		if (!p->number && month)
			return 0;
		if (!p->number) {
			month = month_of(p->s);
			if (month == 0)
				return 0;
		} else if (is_year(p) && !has_year) {
			year = p->value;
			has_year = true;
		} else if (p->s.n <= 2 && p->value > 0 && !has_day) {
			day = p->value;
			has_day = true;
		} else {
			return 0;
		}
	}
	if (!month)
		return 0;
	if (!has_year)
		return recent_month(t, month, day, out);
	return has_day ? one_day(year, month, day, out) : period(year, month, out);
}

/* ---- counted from today ---- */

static char unit_of(struct str s)
{
	static const char *const names[] = {"day", "days", "week", "weeks", "month", "months",
					    "year", "years"};
	if (s.n == 1 && strchr("dwmyDWMY", s.p[0]))
		return (char)(s.p[0] | 0x20);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(s, str_of(names[i])))
			return names[i][0];
	return 0;
}

static struct str word(const struct text *t, size_t i)
{
	return i < t->n && !t->v[i].number ? t->v[i].s : STR("");
}

/* The same day so many months ago, or the last of that month. */
static int months_ago(int32_t today, uint32_t n, int32_t *out)
{
	unsigned y, m;
	int32_t first;
	if (!qnode_month_of(today, &y, &m) || !qnode_day(y, m, 1, &first))
		return 0;
	unsigned day = (unsigned)(today - first) + 1, total = y * 12 + m - 1;
	if (n > total)
		return 0;
	total -= n;
	while (day > 28 && !qnode_day(total / 12, total % 12 + 1, day, out))
		day--;
	return qnode_day(total / 12, total % 12 + 1, day, out);
}

/* "3w", "3 weeks ago", "last 3 weeks": from then until today. */
static int ago(const struct text *t, struct boxdate *out)
{
	size_t i = str_ieq(word(t, 0), STR("last")) || str_ieq(word(t, 0), STR("past"));
	if (i >= t->n || !t->v[i].number || t->v[i].s.n > 5)
		return 0;
	char unit = unit_of(word(t, i + 1));
	bool behind = i == 0 && t->n == 3 && str_ieq(word(t, 2), STR("ago"));
	uint32_t n = t->v[i].value;
	if (!unit || (t->n != i + 2 && !behind))
		return 0;
	out->end = t->today + 1;
	if (unit == 'm' || unit == 'y')
		return months_ago(t->today, unit == 'y' ? 12 * n : n, &out->first);
	out->first = t->today - (int32_t)n * (unit == 'w' ? 7 : 1);
	return 1;
}

/* Monday is 0. */
static int weekday_of(struct str s)
{
	static const char *const names[] = {"monday", "tuesday", "wednesday", "thursday", "friday",
					    "saturday", "sunday"};
	for (int i = 0; i < 7; i++)
		if (s.n >= 3 && str_istarts(str_of(names[i]), s))
			return i;
	return -1;
}

/* 1970-01-01 was a Thursday. */
static int32_t since_monday(int32_t day)
{
	return ((day + 3) % 7 + 7) % 7;
}

/* "this week", "last month": of the calendar. */
static int calendar(const struct text *t, char unit, bool last, struct boxdate *out)
{
	unsigned y, m;
	if (unit == 0 || unit == 'd')
		return 0;
	if (unit == 'w') {
		out->first = t->today - since_monday(t->today) - (last ? 7 : 0);
		out->end = out->first + 7;
		return 1;
	}
	if (!qnode_month_of(t->today, &y, &m))
		return 0;
	if (unit == 'y')
		return period(y - last, 0, out);
	if (last)
		m = m > 1 ? m - 1 : 12;
	return period(y - (last && m == 12), m, out);
}

/* A weekday is the last such day; "last monday" is not today. */
static int words(const struct text *t, struct boxdate *out)
{
	bool last = str_ieq(word(t, 0), STR("last")), this = str_ieq(word(t, 0), STR("this"));
	struct str s = word(t, last || this);
	if (t->n != 1 + (size_t)(last || this) || s.n == 0)
		return 0;
	int day = weekday_of(s);
	if (day >= 0 && !this) {
		int32_t back = (since_monday(t->today) - day + 7) % 7;
		out->first = t->today - (back == 0 && last ? 7 : back);
	} else if (last || this) {
		return s.n > 1 ? calendar(t, unit_of(s), last, out) : 0;
	} else if (str_ieq(s, STR("today"))) {
		out->first = t->today;
	} else if (str_ieq(s, STR("yesterday"))) {
		out->first = t->today - 1;
	} else {
		return 0;
	}
	out->end = out->first + 1;
	return 1;
}

/* ---- the door ---- */

int boxdate_parse(struct str s, int32_t today, struct boxdate *out)
{
	struct text t = {.today = today};
	bool all = true;
	*out = (struct boxdate){0};
	s = str_trim(s);
	if (s.n > LONGEST || !cut(&t, s))
		return 0;
	for (size_t i = 0; i < t.n; i++)
		all &= t.v[i].number;
	if (all)
		return numbers(&t, out);
	return ago(&t, out) || words(&t, out) || named_month(&t, out);
}

/* Does it count back from today, as "3w" does? Its end is today, of a range its first day. */
static bool is_ago(struct str s, int32_t today)
{
	struct text t = {.today = today};
	struct boxdate d;
	return cut(&t, str_trim(s)) && ago(&t, &d);
}

int boxdate_range(struct str s, int32_t today, struct boxdate *out)
{
	ptrdiff_t dots = str_find(s, STR(".."));
	struct boxdate from = {.first = INT32_MIN}, to = {.end = INT32_MAX};
	if (dots < 0)
		return boxdate_parse(s, today, out);
	struct str a = str_trim(str_cut(s, 0, (size_t)dots));
	struct str b = str_trim(str_cut(s, (size_t)dots + 2, s.n));
	if ((a.n == 0 && b.n == 0) || (a.n && !boxdate_parse(a, today, &from)) ||
	    (b.n && !boxdate_parse(b, today, &to)))
		return 0;
	if (b.n && is_ago(b, today))
		to.end = to.first + 1;
	*out = (struct boxdate){from.first, to.end, from.ambiguous || to.ambiguous, false};
	if (a.n && b.n && from.first >= to.end)
		*out = (struct boxdate){to.first, is_ago(a, today) ? from.first + 1 : from.end,
					out->ambiguous, true};
	return 1;
}

int32_t boxdate_today(void)
{
	time_t now = time(NULL);
	struct tm tm;
	int32_t day = (int32_t)(now / 86400);
	if (localtime_r(&now, &tm))
		qnode_day((unsigned)tm.tm_year + 1900, (unsigned)tm.tm_mon + 1,
			  (unsigned)tm.tm_mday, &day);
	return day;
}
