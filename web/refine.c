#define _GNU_SOURCE
#include "refine.h"

#include "facet.h"
#include "log.h"
#include "words.h"

/* The kinds that the search box can ask for, and how. */
static const struct {
	enum facet_kind kind;
	const char *name, *title, *before, *also;
} kinds[] = {
	{FACET_SENDERS, "from", WORDS_FROM, "from:", NULL},
	{FACET_RECIPIENTS, "to", WORDS_TO, "to:", "cc:"},
	{FACET_DOMAINS, "domain", WORDS_DOMAIN, "from:", NULL},
	{FACET_ACCOUNTS, "account", WORDS_ACCOUNT, "account:", NULL},
	{FACET_MAILBOXES, "mailbox", WORDS_MAILBOX, "mailbox:", NULL},
	{FACET_YEARS, "year", WORDS_YEAR, "date:", NULL},
	{FACET_FLAGS, "is", WORDS_STATE, "is:", NULL},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- what is picked ---- */

static bool of_kind(struct str pick, size_t kind, struct str *value)
{
	struct str name = str_of(kinds[kind].name);
	if (!str_starts(pick, name) || pick.n <= name.n + 1 || pick.p[name.n] != ':')
		return false;
	*value = str_cut(pick, name.n + 1, pick.n);
	return true;
}

static bool is_picked(const struct state *s, size_t kind, struct str value)
{
	struct str rest = s->pick, line, v;
	while (str_split(&rest, '\n', &line))
		if (of_kind(line, kind, &v) && str_eq(v, value))
			return true;
	return false;
}

/* The picks without this one, or with it when it was not there. */
static struct str toggled(struct arena *a, const struct state *s, size_t kind, struct str value)
{
	struct str rest = s->pick, line, v, out = STR("");
	bool found = false;
	while (str_split(&rest, '\n', &line)) {
		if (of_kind(line, kind, &v) && str_eq(v, value))
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

static void clauses(struct buf *b, const struct state *s, size_t kind)
{
	struct str rest = s->pick, line, value;
	size_t n = 0, all = 0;
	while (str_split(&rest, '\n', &line) && all++ < REFINE_PICKS) {
		if (!of_kind(line, kind, &value))
			continue;
		buf_str(b, n++ ? STR(" OR ") : b->n ? STR(" (") : STR("("));
		clause(b, kinds[kind].before, value);
		if (kinds[kind].also) {
			buf_str(b, STR(" OR "));
			clause(b, kinds[kind].also, value);
		}
	}
	if (n)
		buf_chr(b, ')');
}

/* The query with the picks of all kinds but one (KINDS: of all). */
static struct str compose(struct arena *a, const struct state *s, size_t but)
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
	for (size_t kind = 0; kind < KINDS; kind++)
		if (kind != but)
			clauses(&b, s, kind);
	struct str out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return out;
}

struct str refine_query(struct arena *a, const struct state *s)
{
	return compose(a, s, KINDS);
}

/* ---- counting ---- */

static int count(const struct ask *k, struct str text, struct facets *out, struct err *err)
{
	struct query_options o = k->options;
	struct query *q = NULL;
	o.cursor = STR("");
	o.sort = QUERY_UNSORTED;
	o.bare = true;
	o.deadline_ms = log_now_ms() + REFINE_MS;
	if (query_open(&q, k->db, k->call->arena, text, &o, err) < 0)
		return -1;
	int r = facet_count(q, k->call->arena, REFINE_TOP, out, err);
	query_close(&q);
	return r;
}

/* A flag by the name that is: has for it; "" when it has none. */
static struct str state_of(struct str flag)
{
	static const char *const names[][2] = {
		{"\\Seen", "read"}, {"\\Flagged", "flagged"}, {"\\Answered", "answered"},
		{"\\Draft", "draft"}, {"\\Deleted", "deleted"}};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(flag, str_of(names[i][0])))
			return str_of(names[i][1]);
	return STR("");
}

/* ---- markup ---- */

static void value(struct markup *m, const struct state *s, size_t kind,
		  const struct facet_value *v)
{
	struct str name = kinds[kind].kind == FACET_FLAGS ? state_of(v->name) : v->name;
	struct state t = state_list(s);
	if (name.n == 0 || str_chr(name, '\n') >= 0)
		return;
	t.pick = toggled(m->arena, s, kind, name);
	MARKUP(m, "<li><a href=\"");
	state_href(m, &t);
	MARKUP(m, "\"");
	if (is_picked(s, kind, name))
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	markup_text(m, str_cut(name, 0, 200));
	MARKUP(m, "</bdi> <small>");
	markup_number(m, v->count);
	MARKUP(m, "</small></a></li>\n");
}

/* Of a kind of which nothing is picked the counts are those of the list. */
static int one_kind(struct markup *m, const struct ask *k, const struct state *s, size_t kind,
		    const struct facets *all, struct err *err)
{
	struct str with = compose(m->arena, s, KINDS), without = compose(m->arena, s, kind);
	enum facet_kind what = kinds[kind].kind;
	struct facets own;
	if (!str_eq(with, without)) {
		if (count(k, without, &own, err) < 0)
			return -1;
		all = &own;
	}
	if (all->n[what] == 0)
		return 1;
	MARKUP(m, "<h3>");
	markup_text(m, str_of(kinds[kind].title));
	MARKUP(m, "</h3><ul>");
	for (size_t i = 0; i < all->n[what] && i < 40; i++)
		value(m, s, kind, &all->values[what][i]);
	MARKUP(m, "</ul>");
	return 1;
}

int refine_write(struct markup *m, const struct ask *k, const struct state *s, struct err *err)
{
	struct facets all;
	if (count(k, k->text, &all, err) < 0)
		return -1;
	MARKUP(m, "<section class=\"facets\" aria-label=\"" WORDS_REFINE "\"><h2>" WORDS_REFINE
		  "</h2>");
	if (!all.whole)
		MARKUP(m, "<p class=\"fine\">" WORDS_REFINE_STOPPED "</p>");
	for (size_t kind = 0; kind < KINDS; kind++)
		if (one_kind(m, k, s, kind, &all, err) < 0)
			return -1;
	MARKUP(m, "</section>\n");
	return 1;
}

void refine_picked(struct markup *m, const struct state *s)
{
	struct str rest = s->pick, line, v;
	if (s->pick.n == 0)
		return;
	MARKUP(m, "<p class=\"picked\">");
	while (str_split(&rest, '\n', &line))
		for (size_t kind = 0; kind < KINDS; kind++) {
			struct state t = state_list(s);
			if (!of_kind(line, kind, &v))
				continue;
			t.pick = toggled(m->arena, s, kind, v);
			MARKUP(m, "<a href=\"");
			state_href(m, &t);
			MARKUP(m, "\"><span class=\"unseen\">" WORDS_TAKE_BACK "</span><bdi>");
			markup_text(m, str_cut(line, 0, 200));
			MARKUP(m, "</bdi> ×</a> ");
		}
	MARKUP(m, "</p>");
}
