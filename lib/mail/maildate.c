#include "maildate.h"

#include "lex.h"

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int maildate_day(int year, int month, int day, int32_t *out)
{
	static const int length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (year < 1 || year > 9999 || month < 1 || month > 12)
		return 0;
	if (day < 1 || day > length[month - 1] + (month == 2 && is_leap(year)))
		return 0;
	int y = year - 1;
	int32_t days = y * 365 + y / 4 - y / 100 + y / 400;
	for (int m = 1; m < month; m++)
		days += length[m - 1] + (m == 2 && is_leap(year));
	*out = days + day - 1 - 719162; /* 719162: from 0001-01-01 to 1970-01-01 */
	return 1;
}

/* A token of digits only, of min..max digits. -1: it is not. */
static int digits(struct str token, size_t min, size_t max)
{
	uint32_t v;
	if (token.n < min || token.n > max || !str_u32(token, &v))
		return -1;
	return (int)v;
}

static int month_of(struct str token)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int i = 0; i < 12 && token.n >= 3; i++)
		if (str_ieq(str_cut(token, 0, 3), (struct str){names + 3 * i, 3}))
			return i + 1;
	return 0;
}

static int year_of(struct str token)
{
	int v = digits(token, 2, 4);
	if (token.n == 2 && v >= 0)
		return v < 70 ? 2000 + v : 1900 + v;
	return token.n == 4 && v >= 1900 ? v : -1;
}

/* Minutes east of UTC; 0 for what nobody knows. */
static int zone_of(struct str token)
{
	static const struct {
		const char *name;
		int hours;
	} row[] = {{"EDT", -4}, {"EST", -5}, {"CDT", -5}, {"CST", -6},
		   {"MDT", -6}, {"MST", -7}, {"PDT", -7}, {"PST", -8}};
	if (token.n == 5 && (token.p[0] == '+' || token.p[0] == '-')) {
		int v = digits(str_cut(token, 1, 5), 4, 4);
		int minutes = v < 0 || v % 100 > 59 ? 0 : v / 100 * 60 + v % 100;
		return token.p[0] == '-' ? -minutes : minutes;
	}
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		if (str_ieq(token, str_of(row[i].name)))
			return row[i].hours * 60;
	return 0;
}

static bool time_separator(struct lex *l)
{
	if (!lex_take(l, ':') && !lex_take(l, '.'))
		return false;
	lex_skip(l);
	return true;
}

/* "hh:mm[:ss]" as seconds of the day, or -1. */
static int time_of(struct lex *l)
{
	int second = 0;
	int hour = digits(lex_atom(l), 1, 2);
	if (hour < 0 || hour > 23 || !time_separator(l))
		return -1;
	int minute = digits(lex_atom(l), 2, 2);
	if (minute < 0 || minute > 59)
		return -1;
	if (time_separator(l))
		second = digits(lex_atom(l), 2, 2);
	return second < 0 || second > 60 ? -1 : hour * 3600 + minute * 60 + second;
}

/* "word ," before the day. */
static void skip_weekday(struct lex *l)
{
	struct lex at = *l;
	if (lex_atom(&at).n && lex_take(&at, ',')) {
		lex_skip(&at);
		*l = at;
	}
}

struct mail_date maildate_parse(struct str raw)
{
	struct lex l = {.s = raw};
	struct mail_date d = {.usable = false};
	lex_skip(&l);
	skip_weekday(&l);
	int day = digits(lex_atom(&l), 1, 2);
	int month = month_of(lex_atom(&l));
	int year = year_of(lex_atom(&l));
	if (day < 0 || year < 0 || !maildate_day(year, month, day, &d.day))
		return d;
	int second = time_of(&l);
	if (second < 0)
		return d;
	d.zone = (int16_t)zone_of(lex_atom(&l));
	d.epoch = (int64_t)d.day * 86400 + second - d.zone * 60;
	d.usable = true;
	return d;
}
