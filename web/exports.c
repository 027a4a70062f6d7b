#define _GNU_SOURCE
#include "exports.h"

#include "bulk.h"
#include "exporting.h"
#include "form.h"
#include "frame.h"
#include "nonce.h"
#include "present.h"
#include "signon.h"
#include "tag.h"
#include "words.h"

/* What was selected has such a tag until its export is over. */
#define SELECTION "selected for an export "

/* ---- asking ---- */

/* Puts a tag on what was picked, for as long as the export needs it; it is a query then. */
static int tag_picked(struct call *c, struct tagging_wish *w, struct str *tag, struct err *err)
{
	struct tagging_result done;
	char nonce[NONCE_HEX + 1];
	if (nonce_make(nonce, err) < 0)
		return -1;
	*tag = arena_fmt(c->arena, SELECTION "%.16s", nonce);
	int r = tagging_change(c, w, *tag, false, &done, err);
	w->query = arena_fmt(c->arena, "tag:\"%.*s\"", STR_ARG(*tag));
	w->account = w->mailbox = STR("");
	w->dialect = QUERY_BOX;
	return r;
}

/* No export came of it. */
static void forget(struct str tag)
{
	struct people *p;
	struct err unused;
	uint64_t changed;
	if (tag.n && call_people(&p, &unused) > 0)
		tag_drop(p, tag, &changed, &unused);
}

int exports_new(struct call *c, struct http_response *resp, struct err *err)
{
	struct url form;
	struct tagging_wish w;
	struct str tag = STR("");
	json_t *warnings = NULL;
	if (!form_read(c->req, &form))
		return err_set(err, ERR_INPUT, "the body is no form");
	if (bulk_read(c, &form, &w, err) < 0)
		return -1;
	struct job j = {.format = url_get(&form, "format", STR(""))};
	int r = w.ids ? tag_picked(c, &w, &tag, err) : 1;
	if (r <= 0)
		return r;
	j.query = w.query;
	j.account = w.account;
	j.mailbox = w.mailbox;
	j.tag = tag;
	j.dialect = w.dialect == QUERY_IMAP ? STR("imap") : STR("box");
	if (exporting_ask(c, &j, &warnings, err) < 0) {
		forget(tag);
		return -1;
	}
	json_decref(warnings);
	signon_go(resp, c->arena, STR("/exports"));
	return 1;
}

int exports_end(struct call *c, struct http_response *resp, struct err *err)
{
	int r = exporting_end(c, err);
	if (r > 0)
		signon_go(resp, c->arena, STR("/exports"));
	return r;
}

/* ---- the page ---- */

static bool at_work(const struct job *j)
{
	return str_eq(j->state, STR("waiting")) || str_eq(j->state, STR("running"));
}

static void query(struct markup *m, const struct job *j)
{
	struct state s = {.q = j->query, .account = j->account, .mailbox = j->mailbox,
			  .dialect = str_eq(j->dialect, STR("imap")) ? j->dialect : STR("")};
	if (str_starts(j->query, STR("tag:\"" SELECTION))) {
		MARKUP(m, WORDS_WITH_SELECTED);
		return;
	}
	MARKUP(m, "<a href=\"");
	state_href(m, &s);
	MARKUP(m, "\"><bdi>");
	if (j->query.n)
		markup_text(m, str_cut(j->query, 0, 300));
	else
		MARKUP(m, WORDS_EVERYTHING);
	MARKUP(m, "</bdi></a>");
	if (j->account.n + j->mailbox.n == 0)
		return;
	MARKUP(m, " <small>" WORDS_IN "<bdi>");
	markup_text(m, j->account);
	MARKUP(m, " ");
	markup_text(m, j->mailbox);
	MARKUP(m, "</bdi></small>");
}

static void state(struct markup *m, const struct job *j)
{
	markup_text(m, j->state);
	if (j->reason.n) {
		MARKUP(m, ": ");
		markup_text(m, j->reason);
	}
	if (!str_eq(j->state, STR("running")) || j->total == 0)
		return;
	MARKUP(m, "<br><progress aria-label=\"" WORDS_JOB_STATE "\" max=\"");
	markup_digits(m, j->total);
	MARKUP(m, "\" value=\"");
	markup_digits(m, j->messages);
	MARKUP(m, "\"></progress>");
}

static void result(struct markup *m, const struct job *j)
{
	static const char *const names[][2] = {{"file", WORDS_FILE},
					       {"manifest", WORDS_MANIFEST}};
	markup_number(m, j->messages);
	if (at_work(j) && j->total) {
		MARKUP(m, WORDS_OF);
		markup_number(m, j->total);
	}
	markup_literal(m, j->messages == 1 ? STR(WORDS_ONE_MESSAGE) : STR(WORDS_MANY_MESSAGES));
	if (!str_eq(j->state, STR("done")))
		return;
	MARKUP(m, "<br>");
	for (size_t i = 0; i < 2; i++) {
		MARKUP(m, "<a href=\"/api/v1/export/");
		markup_digits(m, (uint64_t)j->id);
		MARKUP(m, "/");
		markup_text(m, str_of(names[i][0]));
		MARKUP(m, "\">");
		markup_text(m, str_of(names[i][1]));
		MARKUP(m, "</a> ");
	}
	MARKUP(m, "<small>");
	markup_text(m, present_size(m->arena, j->size));
	MARKUP(m, ", " WORDS_KEPT_TO);
	markup_text(m, present_day(m->arena, j->expires, 0));
	MARKUP(m, "</small>");
}

static void row(struct markup *m, const struct call *c, const struct job *j)
{
	bool done = str_eq(j->state, STR("done"));
	MARKUP(m, "<tr><td>");
	markup_text(m, present_day(m->arena, j->asked, 0));
	MARKUP(m, "</td><td>");
	query(m, j);
	MARKUP(m, "</td><td>");
	markup_text(m, j->format);
	MARKUP(m, "</td><td class=\"state\">");
	state(m, j);
	MARKUP(m, "</td><td>");
	result(m, j);
	MARKUP(m, "</td><td>");
	if (done || at_work(j)) {
		MARKUP(m, "<form method=\"post\" action=\"/exports/");
		markup_digits(m, (uint64_t)j->id);
		MARKUP(m, "/end\">");
		form_hidden(m, c->csrf);
		MARKUP(m, "<button class=\"plain\">");
		markup_literal(m, done ? STR(WORDS_REMOVE) : STR(WORDS_CANCEL));
		MARKUP(m, "</button></form>");
	}
	MARKUP(m, "</td></tr>");
}

int exports_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct markup m = {&resp->body, c->arena};
	struct job_rows rows = {NULL, 0};
	if (call_people_there() && exporting_list(c, &rows, err) < 0)
		return -1;
	frame_open(&m, c, resp, STR(WORDS_EXPORTS), NULL);
	MARKUP(&m, "<main id=\"main\"><h1>" WORDS_EXPORTS "</h1><p class=\"fine\">"
		   WORDS_EXPORTS_HINT " <a href=\"/exports\">" WORDS_AGAIN "</a></p>");
	if (rows.n == 0)
		MARKUP(&m, "<p>" WORDS_NO_EXPORTS "</p>");
	else
		MARKUP(&m, "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>"
			   "<th scope=\"col\">" WORDS_ASKED
			   "</th><th scope=\"col\">" WORDS_QUERY
			   "</th><th scope=\"col\">" WORDS_FORMAT
			   "</th><th scope=\"col\">" WORDS_JOB_STATE
			   "</th><th scope=\"col\">" WORDS_RESULT
			   "</th><th scope=\"col\">" WORDS_ACTION "</th></tr></thead><tbody>");
	for (size_t i = 0; i < rows.n; i++)
		row(&m, c, &rows.list[i]);
	if (rows.n)
		MARKUP(&m, "</tbody></table></div>");
	MARKUP(&m, "</main>");
	frame_close(&m);
	return 1;
}
