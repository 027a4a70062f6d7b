#include "faring.h"

#include "keeper.h"
#include "listing.h"
#include "present.h"
#include "words.h"
#include "wordsharvest.h"

static struct str member(const json_t *o, const char *name)
{
	return str_of(json_string_value(json_object_get(o, name)));
}

static uint64_t number(const json_t *o, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(o, name));
	return n > 0 ? (uint64_t)n : 0;
}

/* "3 min" */
static struct str span(struct arena *a, uint64_t s)
{
	return s < 120 ? arena_fmt(a, "%llu s", (unsigned long long)s)
	     : s < 7200 ? arena_fmt(a, "%llu min", (unsigned long long)s / 60)
	     : s < 172800 ? arena_fmt(a, "%llu h", (unsigned long long)s / 3600)
			  : arena_fmt(a, "%llu d", (unsigned long long)s / 86400);
}

static void success(struct markup *m, const json_t *o)
{
	struct str at = member(o, "last_success");
	if (at.n == 0) {
		MARKUP(m, WORDS_NEVER_YET);
		return;
	}
	/* 2026-11-21T15:00:00+00:00 */
	markup_text(m, str_cut(at, 0, 10));
	MARKUP(m, " ");
	markup_text(m, str_cut(at, 11, 16));
	MARKUP(m, "<br><small>");
	markup_text(m, span(m->arena, number(o, "lag")));
	MARKUP(m, WORDS_AGO "</small>");
}

/* What was fetched, and of how many, as far as that is known. */
static void fetched(struct markup *m, const json_t *o, bool names)
{
	uint64_t n = number(o, "fetched"), left = number(o, "left");
	markup_number(m, n);
	if (left == 0 || !str_eq(member(o, "state"), STR("working")))
		return;
	MARKUP(m, "<br><progress aria-label=\"" WORDS_FETCHED "\" max=\"");
	markup_digits(m, n + left);
	MARKUP(m, "\" value=\"");
	markup_digits(m, n);
	MARKUP(m, "\"></progress><br><small>");
	markup_number(m, left);
	MARKUP(m, WORDS_TO_COME "<bdi>");
	if (names)
		markup_text(m, member(o, "mailbox"));
	MARKUP(m, "</bdi></small>");
}

static void row(struct markup *m, const json_t *o, bool names)
{
	MARKUP(m, "<tr><td><bdi>");
	markup_text(m, member(o, "account"));
	MARKUP(m, "</bdi></td><td class=\"state\">");
	markup_text(m, member(o, "state"));
	if (member(o, "error").n) {
		MARKUP(m, "<br><small>");
		markup_text(m, member(o, "error"));
		MARKUP(m, "</small>");
	}
	MARKUP(m, "</td><td>");
	success(m, o);
	MARKUP(m, "</td><td>");
	fetched(m, o, names);
	MARKUP(m, "</td><td class=\"number\">");
	markup_number(m, number(o, "failures"));
	MARKUP(m, "</td><td>");
	markup_text(m, str_cut(member(o, "next_try"), 0, 10));
	MARKUP(m, " ");
	markup_text(m, str_cut(member(o, "next_try"), 11, 16));
	MARKUP(m, "</td></tr>");
}

static void ended(struct markup *m, const struct keeper_state *k, const char *what)
{
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>");
	markup_text(m, str_of(what));
	MARKUP(m, WORDS_ENDED_TIMES);
	markup_number(m, k->failures);
	MARKUP(m, WORDS_STARTED_AGAIN "</p></div>");
}

/* What this server keeps running: whoever manages it wants to know. */
static void kept(struct markup *m)
{
	struct keeper_state h, e, all;
	keeper_state(KEEPER_HARVEST, &h);
	keeper_state(KEEPER_EXPORTS, &e);
	keeper_state(KEEPER_ITSELF, &all);
	if (keeper_lost()) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_NOT_KEPT "</p></div>");
		return;
	}
	if (all.on && !all.running && all.failures)
		ended(m, &all, WORDS_KEEPER_ENDED);
	if (h.on && h.running)
		MARKUP(m, "<p>" WORDS_HARVEST_RUNS "</p>");
	else if (h.on && h.elsewhere)
		MARKUP(m, "<p>" WORDS_HARVEST_ELSEWHERE "</p>");
	else if (h.on)
		ended(m, &h, WORDS_HARVEST_ENDED);
	if (e.on && !e.running)
		ended(m, &e, WORDS_EXPORTS_ENDED);
}

static void head(struct markup *m)
{
	MARKUP(m, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\""
		  WORDS_HARVEST "\"><table><thead><tr><th scope=\"col\">" WORDS_ACCOUNT
		  "</th><th scope=\"col\">" WORDS_HARVEST_STATE
		  "</th><th scope=\"col\">" WORDS_LAST_SUCCESS
		  "</th><th scope=\"col\">" WORDS_FETCHED
		  "</th><th scope=\"col\" class=\"number\">" WORDS_FAILURES
		  "</th><th scope=\"col\">" WORDS_NEXT "</th></tr></thead><tbody>");
}

bool faring_write(struct markup *m, struct call *c, bool all)
{
	json_t *o = listing_fared();
	const json_t *list = json_object_get(o, "accounts");
	size_t rows = 0;
	MARKUP(m, "<section id=\"harvest\" class=\"live\">");
	if (all || c->who->all_accounts)
		kept(m);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		if (!all && !call_may_read(c, member(one, "account")))
			continue;
		if (rows++ == 0)
			head(m);
		row(m, one, !all);
	}
	if (rows)
		MARKUP(m, "</tbody></table></div>");
	MARKUP(m, "</section>");
	bool watching = json_is_true(json_object_get(o, "watching"));
	json_decref(o);
	return rows && watching;
}
