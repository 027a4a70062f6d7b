#include "frame.h"

#include "form.h"
#include "words.h"
#include "wordsharvest.h"
#include "wordsusers.h"

static const char *const orders[][2] = {
	{"-date", WORDS_NEWEST}, {"date", WORDS_OLDEST}, {"relevance", WORDS_RELEVANT},
	{"relevance,recent", WORDS_RECENT},
	{"from", WORDS_FROM}, {"subject", WORDS_SUBJECT}, {"-size", WORDS_LARGEST},
};

static int add(const char *p, size_t n, void *arg)
{
	struct buf *out = arg;
	buf_add(out, p, n);
	return out->full ? -1 : 0; /* what is referred to many times could go on for hours */
}

void frame_json(struct http_response *resp, json_t *o)
{
	resp->type = "application/json";
	json_dump_callback(o, add, &resp->body, JSON_COMPACT | JSON_REAL_PRECISION(6));
	buf_chr(&resp->body, '\n');
	json_decref(o);
}

int frame_answer(struct http_response *resp, json_t *o, int r)
{
	if (r > 0)
		frame_json(resp, o);
	else
		json_decref(o);
	return r;
}

static void option(struct markup *m, const char *value, struct str chosen, const char *label)
{
	MARKUP(m, "<option value=\"");
	markup_text(m, str_of(value));
	MARKUP(m, "\"");
	if (str_eq(str_of(value), chosen))
		MARKUP(m, " selected");
	MARKUP(m, ">");
	markup_text(m, str_of(label));
	MARKUP(m, "</option>");
}

static void field(struct markup *m, const char *name, const char *label, struct str value)
{
	MARKUP(m, "<label>");
	markup_text(m, str_of(label));
	MARKUP(m, "<input name=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "\" value=\"");
	markup_text(m, value);
	MARKUP(m, "\" placeholder=\"" WORDS_ANY "\"></label>");
}

/* Open where the language is not the usual one; the list itself says where it searches. */
static void choices(struct markup *m, const struct state *s)
{
	MARKUP(m, "<details class=\"choices\"");
	if (s->dialect.n)
		MARKUP(m, " open");
	MARKUP(m, "><summary>" WORDS_OPTIONS "</summary><div><label>" WORDS_LANGUAGE
		  "<select name=\"dialect\">");
	option(m, "box", s->dialect, WORDS_BOX);
	option(m, "imap", s->dialect, WORDS_IMAP);
	MARKUP(m, "</select></label><label>" WORDS_ORDER "<select name=\"sort\">");
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
		option(m, orders[i][0], s->sort, orders[i][1]);
	MARKUP(m, "</select></label>");
	field(m, "account", WORDS_ACCOUNT, s->account);
	field(m, "mailbox", WORDS_MAILBOX, s->mailbox);
	MARKUP(m, "</div></details>");
	form_field(m, "limit", s->limit);
	form_field(m, "copies", s->copies);
	form_field(m, "timeline", s->timeline);
	form_field(m, "facets", s->facets);
}

static void head(struct markup *m, struct http_response *resp, struct str title, bool script)
{
	resp->type = "text/html; charset=utf-8";
	resp->page = true;
	MARKUP(m, "<!DOCTYPE html>\n<html lang=\"" WORDS_TONGUE "\"><head><meta charset=\"utf-8\">"
		  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		  "<meta name=\"color-scheme\" content=\"light dark\">"
		  "<link rel=\"stylesheet\" href=\"/style.css\">"
		  "<link rel=\"icon\" href=\"/icon.svg\">");
	if (script)
		MARKUP(m, "<script src=\"/sheaf.js\" defer></script>");
	MARKUP(m, "<title>");
	markup_text(m, title);
	MARKUP(m, "</title></head><body><a class=\"skip\" href=\"#main\">" WORDS_SKIP "</a>"
		  "<header><a class=\"brand\" href=\"/\">sheaf</a>");
}

void frame_plain(struct markup *m, struct http_response *resp, struct str title)
{
	head(m, resp, title, false);
	MARKUP(m, "</header>\n");
}

static void search_box(struct markup *m, const struct state *s)
{
	MARKUP(m, "<form role=\"search\" action=\"/\" method=\"get\"><div class=\"box\">"
		  "<input type=\"search\" name=\"q\" id=\"q\" aria-label=\"" WORDS_SEARCH_LABEL
		  "\" placeholder=\"" WORDS_SEARCH_LABEL "\" autocomplete=\"off\""
		  " spellcheck=\"false\" value=\"");
	markup_text(m, s->q);
	MARKUP(m, "\"><button>" WORDS_SEARCH "</button></div>");
	choices(m, s);
	MARKUP(m, "</form>");
}

/* Who is logged in, and the way out. */
static void person(struct markup *m, const struct call *c)
{
	if (c->who->name.n == 0)
		return;
	MARKUP(m, "<form class=\"who\" method=\"post\" action=\"/logout\">");
	form_hidden(m, c->csrf);
	MARKUP(m, "<a href=\"/sessions\" title=\"" WORDS_SESSIONS "\"><bdi>");
	markup_text(m, c->who->name);
	MARKUP(m, "</bdi></a> <button class=\"plain\">" WORDS_LOG_OUT "</button></form>");
}

void frame_open(struct markup *m, const struct call *c, struct http_response *resp,
		struct str title, const struct state *s)
{
	static const struct state empty;
	bool reads = c == NULL || person_may(c->who, PERSON_READ);
	head(m, resp, title, true);
	if (reads)
		search_box(m, s ? s : &empty);
	MARKUP(m, "<nav class=\"places\" aria-label=\"" WORDS_PLACES "\">");
	if (reads)
		MARKUP(m, "<a href=\"/fields\">" WORDS_FIELDS "</a>"
			  "<a href=\"/accounts\">" WORDS_ACCOUNTS "</a>");
	if (c && person_may(c->who, PERSON_EXPORT))
		MARKUP(m, "<a href=\"/exports\">" WORDS_EXPORTS "</a>");
	if (c && person_may(c->who, PERSON_AUDIT))
		MARKUP(m, "<a href=\"/audit\">" WORDS_AUDIT "</a>");
	if (c && person_may(c->who, PERSON_ADMIN))
		MARKUP(m, "<a href=\"/users\">" WORDS_USERS "</a>"
			  "<a href=\"/service\">" WORDS_SERVICE "</a>");
	if (reads)
		MARKUP(m, "<a href=\"/help\">" WORDS_HELP "</a>");
	MARKUP(m, "</nav>");
	if (c)
		person(m, c);
	MARKUP(m, "</header>\n");
}

void frame_close(struct markup *m)
{
	MARKUP(m, "</body></html>\n");
}
