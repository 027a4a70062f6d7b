#include "shelf.h"

#include "chips.h"
#include "form.h"
#include "saving.h"
#include "signon.h"
#include "tagging.h"
#include "words.h"

/* So many tags are counted together: of most archives all. */
enum { AT_ONCE = 64 };

/* ---- tags ---- */

static void tag(struct markup *m, const struct state *s, struct str name, uint64_t n)
{
	struct str q = arena_fmt(m->arena, "tag:\"%.*s\"", STR_ARG(name));
	MARKUP(m, "<li><a href=\"");
	chips_href(m, name);
	MARKUP(m, "\"");
	if (str_eq(s->q, q))
		MARKUP(m, " aria-current=\"true\"");
	MARKUP(m, "><bdi>");
	markup_text(m, name);
	MARKUP(m, "</bdi> <small>");
	markup_number(m, n);
	MARKUP(m, "</small></a></li>");
}

static void tags_open(struct markup *m)
{
	MARKUP(m, "<nav class=\"tree shelf\" aria-labelledby=\"tags\"><h2 id=\"tags\">" WORDS_TAGS
		  "</h2><ul>");
}

/* A tag with messages of others only is as if it were not there. */
static int tags(struct markup *m, struct call *c, struct people *p, const struct state *s,
		struct err *err)
{
	const struct tag *list;
	size_t n = 0, shown = 0;
	uint64_t *counts;
	if (tag_list(p, c->arena, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && shown <= SHELF_MAX; i++) {
		size_t some = n - i < AT_ONCE ? n - i : AT_ONCE;
		if (i % AT_ONCE == 0 && tagging_counts(c, list + i, some, &counts, err) < 0)
			return -1;
		if (counts[i % AT_ONCE] == 0)
			continue;
		if (shown++ == 0)
			tags_open(m);
		if (shown <= SHELF_MAX)
			tag(m, s, list[i].name, counts[i % AT_ONCE]);
	}
	bool more = shown > SHELF_MAX;
	if (more)
		MARKUP(m, "<li class=\"fine\">…" WORDS_MORE_TAGS "</li>");
	if (more || shown)
		MARKUP(m, "</ul></nav>");
	return 1;
}

/* ---- saved searches ---- */

static void saved(struct markup *m, const struct call *c, const struct state *here,
		  const struct saved *x)
{
	struct state s = {.q = x->query, .account = x->account, .mailbox = x->mailbox,
			  .dialect = str_eq(x->dialect, STR("imap")) ? x->dialect : STR("")};
	MARKUP(m, "<li class=\"saved\"><a href=\"");
	state_href(m, &s);
	MARKUP(m, "\"><bdi>");
	markup_text(m, x->name);
	MARKUP(m, "</bdi>");
	if (x->grammar < QUERY_GRAMMAR)
		MARKUP(m, " <small>" WORDS_OLD_GRAMMAR "</small>");
	MARKUP(m, "</a><a class=\"feed\" href=\"/api/v1/saved-searches/");
	markup_digits(m, (uint64_t)x->id);
	MARKUP(m, "/feed.atom\" type=\"application/atom+xml\"><small>" WORDS_FEED
		  "<span class=\"unseen\">: ");
	markup_text(m, x->name);
	MARKUP(m, "</span></small></a>");
	if (str_eq(x->owner, c->who->name) && person_may(c->who, PERSON_TAG)) {
		MARKUP(m, "<form method=\"post\" action=\"/saved/");
		markup_digits(m, (uint64_t)x->id);
		MARKUP(m, "/remove\">");
		form_hidden(m, c->csrf);
		state_back(m, here, STR("/"));
		MARKUP(m, "<button class=\"plain\" aria-label=\"" WORDS_REMOVE ": ");
		markup_text(m, x->name);
		MARKUP(m, "\">×</button></form>");
	}
	MARKUP(m, "</li>");
}

static int searches(struct markup *m, struct call *c, struct people *p, const struct state *s,
		    struct err *err)
{
	const struct saved *list;
	size_t n = 0;
	if (saved_list(p, c->arena, c->who->name, &list, &n, err) < 0)
		return -1;
	if (n == 0)
		return 1;
	MARKUP(m, "<nav class=\"tree shelf\" aria-labelledby=\"saved\"><h2 id=\"saved\">"
		  WORDS_SAVED "</h2><ul>");
	for (size_t i = 0; i < n && i < SHELF_MAX; i++)
		saved(m, c, s, &list[i]);
	if (n > SHELF_MAX) {
		MARKUP(m, "<li class=\"fine\">");
		markup_number(m, n - SHELF_MAX);
		MARKUP(m, WORDS_MORE_SAVED "</li>");
	}
	MARKUP(m, "</ul></nav>");
	return 1;
}

int shelf_write(struct markup *m, struct call *c, const struct state *s, struct err *err)
{
	struct people *p;
	if (!call_people_there())
		return 1;
	if (call_people(&p, err) < 0 || searches(m, c, p, s, err) < 0)
		return -1;
	return tags(m, c, p, s, err);
}

/* ---- saving ---- */

void shelf_save(struct markup *m, const struct call *c, const struct state *s, struct str text)
{
	if (!person_may(c->who, PERSON_TAG))
		return;
	MARKUP(m, "<details class=\"save\"><summary>" WORDS_SAVE "</summary>"
		  "<form class=\"tags\" method=\"post\" action=\"/saved\">");
	form_hidden(m, c->csrf);
	form_field(m, "q", text);
	form_field(m, "dialect", s->dialect);
	form_field(m, "account", s->account);
	form_field(m, "mailbox", s->mailbox);
	state_back(m, s, STR("/"));
	MARKUP(m, "<label>" WORDS_NAME " <input name=\"name\" required maxlength=\"200\""
		  " autocomplete=\"off\"></label> <button>" WORDS_SAVE_IT
		  "</button></form></details>");
}

int shelf_new(struct call *c, struct http_response *resp, struct err *err)
{
	struct url form;
	json_t *warnings;
	if (!form_read(c->req, &form))
		return err_set(err, ERR_INPUT, "the body is no form");
	struct saved s = {.name = str_trim(url_get(&form, "name", STR(""))),
			  .query = url_get(&form, "q", STR("")),
			  .dialect = url_get(&form, "dialect", STR("box")),
			  .account = url_get(&form, "account", STR("")),
			  .mailbox = url_get(&form, "mailbox", STR(""))};
	if (saving_add(c, &s, &warnings, err) < 0)
		return -1;
	json_decref(warnings);
	signon_go(resp, c->arena, signon_next(url_get(&form, "back", STR(""))));
	return 1;
}

int shelf_remove(struct call *c, struct http_response *resp, struct err *err)
{
	struct url form;
	if (!form_read(c->req, &form))
		return err_set(err, ERR_INPUT, "the body is no form");
	int r = saving_drop(c, err);
	if (r > 0)
		signon_go(resp, c->arena, signon_next(url_get(&form, "back", STR(""))));
	return r;
}
