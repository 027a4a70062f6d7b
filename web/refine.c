#define _GNU_SOURCE
#include "refine.h"

#include "facet.h"
#include "log.h"
#include "requery.h"
#include "words.h"

/* What is shown of each kind of requery.c. */
static const struct {
	enum facet_kind kind;
	const char *title;
} kinds[REQUERY_KINDS] = {
	{FACET_SENDERS, WORDS_FROM},     {FACET_RECIPIENTS, WORDS_TO},
	{FACET_DOMAINS, WORDS_DOMAIN},   {FACET_ACCOUNTS, WORDS_ACCOUNT},
	{FACET_MAILBOXES, WORDS_MAILBOX}, {FACET_YEARS, WORDS_YEAR},
	{FACET_FLAGS, WORDS_STATE},      {FACET_SIZES, WORDS_SIZE},
	{FACET_ATTACHMENTS, WORDS_ATTACHMENTS},
};

/* ---- counting ---- */

/* The counts of the list, and of each kind those that its values would have. */
struct counts {
	struct facets list, own[REQUERY_KINDS];
	const struct facets *of[REQUERY_KINDS];
	uint64_t until; /* all of it */
	bool whole;
};

static int count(struct counts *c, const struct ask *k, struct str text, struct facets *out,
		 struct err *err)
{
	struct query_options o = k->options;
	struct query *q = NULL;
	o.cursor = STR("");
	o.sort = QUERY_UNSORTED;
	o.bare = true;
	o.deadline_ms = c->until;
	if (query_open(&q, k->db, k->call->arena, text, &o, err) < 0)
		return -1;
	int r = facet_count(q, k->call->arena, REFINE_TOP, out, err);
	query_close(&q);
	c->whole &= out->whole;
	return r;
}

/* Of a kind of which nothing is picked the counts are those of the list. */
static int count_all(struct counts *c, const struct ask *k, const struct state *s, struct err *err)
{
	struct arena *a = k->call->arena;
	struct str with = requery_all(a, s);
	c->until = log_now_ms() + REFINE_MS;
	c->whole = true;
	if (count(c, k, k->text, &c->list, err) < 0)
		return -1;
	for (size_t kind = 0; kind < REQUERY_KINDS; kind++) {
		struct str without = requery_but(a, s, kind);
		bool same = str_eq(with, without);
		c->of[kind] = same ? &c->list : &c->own[kind];
		if (!same && count(c, k, without, &c->own[kind], err) < 0)
			return -1;
	}
	return 1;
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

/* As requery.c has it. */
static struct str size_name(struct arena *a, const struct facet_value *v)
{
	unsigned long long least = v->least, below = v->below;
	return below ? arena_fmt(a, "%llu-%llu", least, below) : arena_fmt(a, "%llu-", least);
}

/* "10 k", "1 M" */
static void octets(struct markup *m, uint64_t n)
{
	bool mega = n >= 1 << 20;
	markup_number(m, n >> (mega ? 20 : 10));
	markup_literal(m, mega ? STR("M") : STR("k"));
}

static void size_label(struct markup *m, uint64_t least, uint64_t below)
{
	if (least == 0) {
		MARKUP(m, WORDS_BELOW);
		octets(m, below);
		return;
	}
	octets(m, least);
	if (below == 0) {
		MARKUP(m, WORDS_AND_MORE);
		return;
	}
	MARKUP(m, "–");
	octets(m, below);
}

/* What a kind of attachment is called on pages. */
static struct str kind_label(struct str kind)
{
	static const char *const names[][2] = WORDS_KINDS;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(kind, str_of(names[i][0])))
			return str_of(names[i][1]);
	return kind;
}

/* A value that was picked, as the list of values shows it. */
static void picked_label(struct markup *m, size_t kind, struct str v)
{
	struct str rest = v, from = STR("");
	uint64_t least = 0, below = 0;
	markup_text(m, str_of(kinds[kind].title));
	MARKUP(m, ": ");
	str_split(&rest, '-', &from);
	if (kinds[kind].kind == FACET_ATTACHMENTS)
		markup_text(m, kind_label(v));
	else if (kinds[kind].kind == FACET_SIZES && str_u64(from, &least) &&
		 (rest.n == 0 || str_u64(rest, &below)))
		size_label(m, least, below);
	else
		markup_text(m, str_cut(v, 0, 200));
}

/* ---- markup ---- */

static void value(struct markup *m, const struct state *s, size_t kind,
		  const struct facet_value *v)
{
	enum facet_kind what = kinds[kind].kind;
	struct str name = what == FACET_FLAGS ? state_of(v->name)
			  : what == FACET_SIZES ? size_name(m->arena, v) : v->name;
	struct state t = state_list(s);
	if (name.n == 0 || v->count == 0 || str_chr(name, '\n') >= 0)
		return;
	t.pick = requery_toggle(m->arena, s, kind, name);
	MARKUP(m, "<li><a href=\"");
	state_href(m, &t);
	MARKUP(m, "\"");
	if (requery_has(s, kind, name))
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	if (what == FACET_SIZES)
		size_label(m, v->least, v->below);
	else if (what == FACET_ATTACHMENTS)
		markup_text(m, kind_label(name));
	else
		markup_text(m, str_cut(name, 0, 200));
	MARKUP(m, "</bdi> <small>");
	markup_number(m, v->count);
	MARKUP(m, "</small></a></li>\n");
}

static void one_kind(struct markup *m, const struct state *s, size_t kind, const struct facets *f)
{
	enum facet_kind what = kinds[kind].kind;
	if (f->n[what] == 0)
		return;
	MARKUP(m, "<h3>");
	markup_text(m, str_of(kinds[kind].title));
	MARKUP(m, "</h3><ul>");
	for (size_t i = 0; i < f->n[what] && i < 40; i++)
		value(m, s, kind, &f->values[what][i]);
	MARKUP(m, "</ul>");
}

int refine_write(struct markup *m, const struct ask *k, const struct state *s, struct err *err)
{
	struct counts c;
	if (count_all(&c, k, s, err) < 0)
		return -1;
	MARKUP(m, "<section class=\"facets\" id=\"narrow\" aria-label=\"" WORDS_REFINE
		  "\"><h2>" WORDS_REFINE "</h2>");
	if (!c.whole)
		MARKUP(m, "<p class=\"fine\">" WORDS_REFINE_STOPPED "</p>");
	for (size_t kind = 0; kind < REQUERY_KINDS; kind++)
		one_kind(m, s, kind, c.of[kind]);
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
		for (size_t kind = 0; kind < REQUERY_KINDS; kind++) {
			struct state t = state_list(s);
			if (!requery_of_kind(line, kind, &v))
				continue;
			t.pick = requery_toggle(m->arena, s, kind, v);
			MARKUP(m, "<a href=\"");
			state_href(m, &t);
			MARKUP(m, "\"><span class=\"unseen\">" WORDS_TAKE_BACK "</span><bdi>");
			picked_label(m, kind, v);
			MARKUP(m, "</bdi> ×</a> ");
		}
	MARKUP(m, "</p>");
}
