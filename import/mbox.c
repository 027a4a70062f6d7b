#include "mbox.h"

/* What has been read of a date. */
struct when {
	int year, month, day, hour, minute, second, zone;
};

static int name_of(struct str word, const char *names, int n)
{
	if (word.n < 3)
		return -1;
	for (int i = 0; i < n; i++)
		if (str_ieq(str_cut(word, 0, 3), (struct str){names + 3 * i, 3}))
			return i;
	return -1;
}

static int weekday(struct str word)
{
	if (word.n && word.p[word.n - 1] == ',')
		word.n--;
	return word.n == 3 ? name_of(word, "SunMonTueWedThuFriSat", 7) : -1;
}

static int month(struct str word)
{
	return word.n == 3 ? name_of(word, "JanFebMarAprMayJunJulAugSepOctNovDec", 12) : -1;
}

/* The next word, over any number of blanks. */
static struct str word_next(struct str *rest)
{
	size_t i = 0, from;
	while (i < rest->n && (rest->p[i] == ' ' || rest->p[i] == '\t'))
		i++;
	from = i;
	while (i < rest->n && rest->p[i] != ' ' && rest->p[i] != '\t')
		i++;
	struct str word = str_cut(*rest, from, i);
	*rest = str_cut(*rest, i, rest->n);
	return word;
}

static bool small(struct str s, uint32_t lo, uint32_t hi, int *out)
{
	uint32_t v;
	if (s.n > 4 || !str_u32(s, &v) || v < lo || v > hi)
		return false;
	*out = (int)v;
	return true;
}

/* hh:mm or hh:mm:ss, 60 seconds included. */
static bool clock_time(struct str word, struct when *w)
{
	struct str h, m, s;
	if (!str_split(&word, ':', &h) || !str_split(&word, ':', &m))
		return false;
	w->second = 0;
	if (word.n && (!str_split(&word, ':', &s) || word.n || !small(s, 0, 60, &w->second)))
		return false;
	return h.n <= 2 && m.n == 2 && small(h, 0, 23, &w->hour) && small(m, 0, 59, &w->minute);
}

/* +hhmm, -hhmm, or one of RFC 5322's names that still mean something. */
static bool zone(struct str word, int *minutes)
{
	static const struct {
		const char *name;
		int hours;
	} known[] = {{"UTC", 0},  {"GMT", 0},  {"EST", -5}, {"EDT", -4}, {"CST", -6},
		     {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	int hh, mm;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_ieq(word, str_of(known[i].name))) {
			*minutes = known[i].hours * 60;
			return true;
		}
	if (word.n != 5 || (word.p[0] != '+' && word.p[0] != '-'))
		return false;
	if (!small(str_cut(word, 1, 3), 0, 14, &hh) || !small(str_cut(word, 3, 5), 0, 59, &mm))
		return false;
	*minutes = (word.p[0] == '-' ? -1 : 1) * (hh * 60 + mm);
	return true;
}

static bool year(struct str word, struct when *w)
{
	if (word.n == 2 && small(word, 0, 99, &w->year)) {
		w->year += w->year < 70 ? 2000 : 1900;
		return true;
	}
	return word.n == 4 && small(word, 1970, 9999, &w->year);
}

/* Behind "Www": "Mmm dd hh:mm[:ss] [zone] yyyy [zone]", as asctime and its kin. */
static bool asctime_rest(struct str first, struct str rest, struct when *w)
{
	struct str word;
	w->month = month(first);
	if (w->month < 0 || !small(word_next(&rest), 1, 31, &w->day))
		return false;
	if (!clock_time(word_next(&rest), w))
		return false;
	word = word_next(&rest);
	w->zone = 0;
	/* Two words may stand before the year: a name and an offset. */
	for (int i = 0; i < 2 && !year(word, w); i++) {
		zone(word, &w->zone);
		word = word_next(&rest);
	}
	if (!year(word, w))
		return false;
	zone(word_next(&rest), &w->zone);
	return true;
}

/* Behind "Www,": "dd Mmm yyyy hh:mm[:ss] [zone]", as in a Date field. */
static bool rfc5322_rest(struct str first, struct str rest, struct when *w)
{
	if (!small(first, 1, 31, &w->day))
		return false;
	w->month = month(word_next(&rest));
	if (w->month < 0 || !year(word_next(&rest), w) || !clock_time(word_next(&rest), w))
		return false;
	w->zone = 0;
	zone(word_next(&rest), &w->zone);
	return true;
}

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; month 0..11. */
static int64_t days(int y, int m, int d)
{
	y -= m < 2;
	int64_t era = y / 400, of = y - era * 400;
	int64_t doy = (153 * (m + (m > 1 ? -2 : 10)) + 2) / 5 + d - 1;
	return era * 146097 + of * 365 + of / 4 - of / 100 + doy - 719468;
}

int mbox_from(struct str line, struct mbox_date *out)
{
	struct when w;
	struct str rest = str_trim(line), next;
	if (line.n > MBOX_LINE || !str_starts(line, STR("From ")))
		return 0;
	word_next(&rest);
	/* The sender may hold blanks: look for the first weekday that a date follows. */
	while (rest.n) {
		if (weekday(word_next(&rest)) < 0)
			continue;
		next = rest;
		struct str first = word_next(&next);
		if (asctime_rest(first, next, &w) || rfc5322_rest(first, next, &w)) {
			out->zone = (int16_t)w.zone;
			out->epoch = days(w.year, w.month, w.day) * 86400 + w.hour * 3600 +
				     w.minute * 60 + w.second - (int64_t)w.zone * 60;
			return 1;
		}
	}
	return 0;
}

size_t mbox_quoted(struct str line)
{
	size_t n = 0;
	while (n < line.n && line.p[n] == '>')
		n++;
	return n && str_starts(str_cut(line, n, line.n), STR("From ")) ? n : 0;
}

int mbox_format(struct str name, enum mbox_format *out)
{
	static const char *const names[] = {"auto", "mboxo", "mboxrd", "mboxcl", "mboxcl2"};
	for (int i = 0; i < 5; i++)
		if (str_eq(name, str_of(names[i]))) {
			*out = (enum mbox_format)i;
			return 1;
		}
	return 0;
}
