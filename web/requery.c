#define _GNU_SOURCE
#include "requery.h"

#include <stdio.h>
#include <time.h>

/* How the search box asks for a value of each kind. */
static const struct {
	const char *name, *before, *also;
} kinds[REQUERY_KINDS] = {
	{"from", "from:", NULL},       {"to", "to:", "cc:"},
	{"domain", "from:", NULL},     {"account", "account:", NULL},
	{"mailbox", "mailbox:", NULL}, {"year", "date:", NULL},
	{"is", "is:", NULL},           {"size", NULL, NULL},
	{"has", "has:", NULL},
};

/* ---- what is picked ---- */

bool requery_of_kind(struct str pick, size_t kind, struct str *value)
{
	struct str name = str_of(kinds[kind].name);
	if (!str_starts(pick, name) || pick.n <= name.n + 1 || pick.p[name.n] != ':')
		return false;
	*value = str_cut(pick, name.n + 1, pick.n);
	return true;
}

bool requery_has(const struct state *s, size_t kind, struct str value)
{
	struct str rest = s->pick, line, v;
	while (str_split(&rest, '\n', &line))
		if (requery_of_kind(line, kind, &v) && str_eq(v, value))
			return true;
	return false;
}

/* The picks without this one, or with it when it was not there. */
struct str requery_toggle(struct arena *a, const struct state *s, size_t kind, struct str value)
{
	struct str rest = s->pick, line, v, out = STR("");
	bool found = false;
	while (str_split(&rest, '\n', &line)) {
		if (requery_of_kind(line, kind, &v) && str_eq(v, value))
			found = true;
		else if (line.n)
			out = arena_fmt(a, "%.*s%s%.*s", STR_ARG(out), out.n ? "\n" : "",
					STR_ARG(line));
	}
	if (found)
		return out;
	return arena_fmt(a, "%.*s%s%s:%.*s", STR_ARG(out), out.n ? "\n" : "", kinds[kind].name,
			 STR_ARG(value));
}

/* The search box knows no escape for a quote. */
static void clause(struct buf *b, const char *before, struct str value)
{
	buf_str(b, str_of(before));
	buf_chr(b, '"');
	for (size_t i = 0; i < value.n; i++)
		buf_chr(b, value.p[i] == '"' ? '?' : value.p[i]);
	buf_chr(b, '"');
}

/* "10240-102400", "102400-": from so many octets on, to fewer than so many. */
static void size_clause(struct buf *b, struct str value)
{
	struct str from = STR("");
	uint64_t least = 0, below = 0;
	str_split(&value, '-', &from);
	if (!str_u64(from, &least) || (value.n && !str_u64(value, &below)))
		least = UINT64_MAX >> 1; /* nothing is as large */
	buf_chr(b, '(');
	if (least)
		buf_fmt(b, "larger:%llu", (unsigned long long)least - 1);
	if (below)
		buf_fmt(b, "%ssmaller:%llu", least ? " " : "", (unsigned long long)below);
	buf_chr(b, ')');
}

static void clauses(struct buf *b, const struct state *s, size_t kind)
{
	struct str rest = s->pick, line, value;
	size_t n = 0, all = 0;
	while (str_split(&rest, '\n', &line) && all++ < REQUERY_PICKS) {
		if (!requery_of_kind(line, kind, &value))
			continue;
		buf_str(b, n++ ? STR(" OR ") : b->n ? STR(" (") : STR("("));
		if (kinds[kind].before)
			clause(b, kinds[kind].before, value);
		else
			size_clause(b, value);
		if (kinds[kind].also) {
			buf_str(b, STR(" OR "));
			clause(b, kinds[kind].also, value);
		}
	}
	if (n)
		buf_chr(b, ')');
}

struct str requery_but(struct arena *a, const struct state *s, size_t but)
{
	bool group = str_find(s->q, STR("OR")) >= 0;
	struct buf b;
	if (s->pick.n == 0 || s->dialect.n)
		return s->q;
	buf_init(&b, 256 << 10);
	if (group)
		buf_chr(&b, '(');
	buf_str(&b, s->q);
	if (group)
		buf_chr(&b, ')');
	for (size_t kind = 0; kind < REQUERY_KINDS; kind++)
		if (kind != but)
			clauses(&b, s, kind);
	struct str out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return out;
}

struct str requery_all(struct arena *a, const struct state *s)
{
	return requery_but(a, s, REQUERY_KINDS);
}

/* ---- a time ---- */

/* Without the " date:…" that an earlier bar put at the end. */
static struct str without_date(struct str q)
{
	size_t at = q.n;
	while (at > 0 && q.p[at - 1] != ' ')
		at--;
	if (str_starts(str_cut(q, at, q.n), STR("date:")))
		q = str_trim(str_cut(q, 0, at));
	return q;
}

static struct str box_query(struct arena *a, struct str q, const char *first, const char *last)
{
	bool range = strcmp(first, last) != 0;
	q = without_date(q);
	bool group = str_find(q, STR(" OR ")) >= 0 &&
		     !(str_starts(q, STR("(")) && str_ends(q, STR(")")));
	return arena_fmt(a, "%s%.*s%s%sdate:%s%s%s", group ? "(" : "", STR_ARG(q),
			 group ? ")" : "", q.n ? " " : "", first, range ? ".." : "",
			 range ? last : "");
}

/* "5-Mar-2020" of a day such as "2020-03-05", "2020-03" or "2020"; `after`: of the first day
 * behind that time. */
static struct str imap_day(struct arena *a, const char *text, bool after)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int y = 0, mon = 1, d = 1;
	int n = sscanf(text, "%d-%d-%d", &y, &mon, &d);
	struct tm tm = {.tm_year = y - 1900, .tm_mon = mon - 1, .tm_mday = d};
	tm.tm_year += after && n == 1;
	tm.tm_mon += after && n == 2;
	tm.tm_mday += after && n == 3;
	time_t t = timegm(&tm);
	gmtime_r(&t, &tm);
	return arena_fmt(a, "%d-%.3s-%04d", tm.tm_mday, months + 3 * tm.tm_mon,
			 tm.tm_year + 1900);
}

struct str requery_time(struct arena *a, const struct state *s, const char *first,
			  const char *last)
{
	if (!str_eq(s->dialect, STR("imap")))
		return box_query(a, s->q, first, last);
	struct str since = imap_day(a, first, false), before = imap_day(a, last, true);
	return arena_fmt(a, "%.*s SENTSINCE %.*s SENTBEFORE %.*s", STR_ARG(s->q), STR_ARG(since),
			 STR_ARG(before));
}
