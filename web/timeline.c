#define _GNU_SOURCE
#include "timeline.h"

#include <time.h>

#include "log.h"
#include "requery.h"
#include "words.h"

/* Days since 1900-01-01 up to the end of 2099; what lies outside is counted apart. */
#define DAY0 (-25567)
#define DAYS 73049

enum unit { YEAR, MONTH, DAY };

struct bar {
	char name[16];
	uint64_t n;
};

struct counts {
	uint32_t *days;
	size_t first, last; /* with hits; first > last: none */
	uint64_t outside;
	bool stopped;
};

/* ---- counting ---- */

static void add(struct counts *c, int64_t epoch)
{
	int64_t day = (epoch >= 0 ? epoch / 86400 : -((86399 - epoch) / 86400)) - DAY0;
	if (day < 0 || day >= DAYS) {
		c->outside++;
		return;
	}
	size_t at = (size_t)day;
	c->days[at]++;
	c->first = at < c->first ? at : c->first;
	c->last = at > c->last ? at : c->last;
}

static int count(const struct ask *k, struct counts *c, struct err *err)
{
	struct query_options o = k->options;
	struct query_progress p;
	struct query *q = NULL;
	struct query_place at;
	int r;
	o.cursor = STR("");
	o.sort = QUERY_NEWEST;
	o.bare = true;
	o.deadline_ms = log_now_ms() + TIMELINE_MS;
	if (query_open(&q, k->db, k->call->arena, k->text, &o, err) < 0)
		return -1;
	while ((r = query_walk(q, &at, err)) == 1)
		add(c, at.date);
	query_progress(q, &p);
	c->stopped = r < 0 && p.time_up;
	query_close(&q);
	return r < 0 && !c->stopped ? -1 : 1;
}

/* ---- bars ---- */

static void name_day(size_t day, enum unit unit, char *out)
{
	time_t t = ((time_t)day + DAY0) * 86400;
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
	out[unit == YEAR ? 4 : unit == MONTH ? 7 : 10] = '\0';
}

static enum unit unit_for(const struct counts *c)
{
	size_t days = c->last - c->first + 1;
	return days <= TIMELINE_BARS ? DAY : days <= (TIMELINE_BARS - 2) * 30 ? MONTH : YEAR;
}

static size_t make(struct arena *a, const struct counts *c, enum unit unit, struct bar **out)
{
	struct bar *bars = NULL;
	size_t n = 0;
	char name[16];
	for (size_t day = c->first; day <= c->last; day++) {
		name_day(day, unit, name);
		if (n == 0 || strcmp(bars[n - 1].name, name) != 0) {
			bars = arena_grow(a, bars, n, sizeof *bars);
			bars[n] = (struct bar){.n = 0};
			memcpy(bars[n++].name, name, sizeof name);
		}
		bars[n - 1].n += c->days[day];
	}
	*out = bars;
	return n;
}

/* ---- markup ---- */

static void label(struct markup *m, const struct bar *b)
{
	markup_text(m, str_of(b->name));
	MARKUP(m, ": ");
	markup_number(m, b->n);
}

static void svg(struct markup *m, const struct state *s, const struct bar *bars, size_t n)
{
	uint64_t most = 1;
	for (size_t i = 0; i < n; i++)
		most = bars[i].n > most ? bars[i].n : most;
	MARKUP(m, "<svg role=\"group\" aria-label=\"" WORDS_TIMELINE "\" viewBox=\"0 0 ");
	markup_text(m, arena_fmt(m->arena, "%zu", 10 * n));
	MARKUP(m, " 60\" preserveAspectRatio=\"none\">");
	for (size_t i = 0; i < n; i++) {
		struct state t = state_list(s);
		/* What is there can be seen, however little it is. */
		double high = bars[i].n ? 2 + 56 * (double)bars[i].n / (double)most : 0;
		t.q = requery_time(m->arena, s, bars[i].name, bars[i].name);
		MARKUP(m, "<a href=\"");
		state_href(m, &t);
		MARKUP(m, "\" data-time=\"");
		markup_text(m, str_of(bars[i].name));
		MARKUP(m, "\" aria-label=\"");
		label(m, &bars[i]);
		MARKUP(m, "\"><title>");
		label(m, &bars[i]);
		MARKUP(m, "</title><rect class=\"ground\" x=\"");
		markup_text(m, arena_fmt(m->arena, "%zu", 10 * i));
		MARKUP(m, "\" y=\"0\" width=\"10\" height=\"60\"/><rect x=\"");
		markup_text(m, arena_fmt(m->arena, "%zu", 10 * i + 1));
		MARKUP(m, "\" width=\"8\" y=\"");
		markup_text(m, arena_fmt(m->arena, "%.1f", 60 - high));
		MARKUP(m, "\" height=\"");
		markup_text(m, arena_fmt(m->arena, "%.1f", high));
		MARKUP(m, "\"/></a>");
	}
	MARKUP(m, "</svg><p class=\"ends\"><span>");
	markup_text(m, str_of(bars[0].name));
	MARKUP(m, "</span><span>");
	markup_text(m, str_of(bars[n - 1].name));
	MARKUP(m, "</span></p>");
}

static void table(struct markup *m, const struct bar *bars, size_t n)
{
	MARKUP(m, "<details class=\"fine\"><summary>" WORDS_AS_TABLE "</summary><table><thead><tr>"
		  "<th scope=\"col\">" WORDS_DATE "</th><th scope=\"col\" class=\"number\">"
		  WORDS_MESSAGES "</th></tr></thead><tbody>");
	for (size_t i = 0; i < n; i++) {
		MARKUP(m, "<tr><td>");
		markup_text(m, str_of(bars[i].name));
		MARKUP(m, "</td><td class=\"number\">");
		markup_number(m, bars[i].n);
		MARKUP(m, "</td></tr>");
	}
	MARKUP(m, "</tbody></table></details>");
}

int timeline_write(struct markup *m, const struct ask *k, const struct state *s, struct err *err)
{
	struct counts c = {.first = DAYS};
	struct bar *bars;
	c.days = arena_alloc(m->arena, DAYS * sizeof *c.days);
	if (count(k, &c, err) < 0)
		return -1;
	if (c.first > c.last)
		return 1;
	size_t n = make(m->arena, &c, unit_for(&c), &bars);
	MARKUP(m, "<section class=\"timeline\" aria-label=\"" WORDS_TIMELINE "\">");
	svg(m, s, bars, n);
	if (c.stopped) {
		MARKUP(m, "<p class=\"fine\">" WORDS_TIMELINE_STOPPED);
		markup_text(m, str_of(bars[0].name));
		MARKUP(m, ".</p>");
	}
	table(m, bars, n);
	MARKUP(m, "</section>");
	return 1;
}
