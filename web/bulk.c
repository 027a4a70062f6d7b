#include "bulk.h"

#include "form.h"
#include "signon.h"
#include "words.h"

/* ---- the form ---- */

static void which(struct markup *m, const struct state *s)
{
	/* What a list of present copies shows is no query. */
	if (s->copies.n)
		return;
	MARKUP(m, "<label>" WORDS_WITH " <select name=\"which\"><option value=\"selected\">"
		  WORDS_WITH_SELECTED "</option><option value=\"all\">" WORDS_WITH_ALL
		  "</option></select></label> ");
}

static void tag(struct markup *m)
{
	MARKUP(m, "<span><label>" WORDS_TAG " <input name=\"tag\" maxlength=\"100\""
		  " autocomplete=\"off\"></label>"
		  " <button>" WORDS_ADD_TAG "</button>"
		  " <button formaction=\"/tags/off\">" WORDS_UNTAG "</button></span> ");
}

static void export(struct markup *m)
{
	MARKUP(m, "<span><label>" WORDS_FORMAT " <select name=\"format\">"
		  "<option>mbox</option><option>maildir.tar</option><option>eml.tar.zst</option>"
		  "</select></label> <button formaction=\"/exports\">" WORDS_EXPORT
		  "</button></span>");
}

bool bulk_open(struct markup *m, const struct ask *k, const struct state *s)
{
	const struct person *who = k->call->who;
	bool exports = person_may(who, PERSON_EXPORT);
	if (!person_may(who, PERSON_TAG))
		return false;
	MARKUP(m, "<form class=\"bulk\" method=\"post\" action=\"/tags\">");
	form_hidden(m, k->call->csrf);
	form_field(m, "q", k->text);
	form_field(m, "dialect", s->dialect);
	form_field(m, "account", s->account);
	form_field(m, "mailbox", s->mailbox);
	state_back(m, s, STR("/"));
	MARKUP(m, "<details><summary>");
	markup_literal(m, exports ? STR(WORDS_BULK_EXPORT) : STR(WORDS_BULK));
	MARKUP(m, "</summary><div>");
	which(m, s);
	tag(m);
	if (exports)
		export(m);
	MARKUP(m, "</div></details>");
	return true;
}

void bulk_close(struct markup *m)
{
	MARKUP(m, "</form>");
}

/* ---- what it sends ---- */

static int read_ids(struct call *c, const struct url *form, struct tagging_wish *out,
		    struct err *err)
{
	struct str rest = url_get(form, "ids", STR("")), one, *ids = NULL;
	size_t n = 0;
	for (size_t i = 0; i < form->n_params; i++) {
		if (!str_eq(form->params[i].name, STR("id")))
			continue;
		ids = arena_grow(c->arena, ids, n, sizeof *ids);
		ids[n++] = form->params[i].value;
	}
	while (n <= BULK_MAX_IDS && str_split(&rest, ' ', &one)) {
		if (one.n == 0)
			continue;
		ids = arena_grow(c->arena, ids, n, sizeof *ids);
		ids[n++] = one;
	}
	if (n == 0)
		return err_set(err, ERR_INPUT, "no message is selected");
	if (n > BULK_MAX_IDS)
		return err_set(err, ERR_INPUT, "more than %d messages are selected",
			       BULK_MAX_IDS);
	out->ids = ids;
	out->n_ids = n;
	return 1;
}

int bulk_read(struct call *c, const struct url *form, struct tagging_wish *out, struct err *err)
{
	struct str dialect = url_get(form, "dialect", STR(""));
	*out = (struct tagging_wish){
		.query = url_get(form, "q", STR("")), .account = url_get(form, "account", STR("")),
		.mailbox = url_get(form, "mailbox", STR("")),
		.dialect = str_eq(dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX};
	if (str_eq(url_get(form, "which", STR("")), STR("all")))
		return 1;
	return read_ids(c, form, out, err);
}

/* The page that the form was on, which then tells what came of it. */
static struct str told(struct arena *a, const struct url *form, const struct tagging_result *r)
{
	struct str back = signon_next(url_get(form, "back", STR("")));
	if (url_get(form, "which", STR("")).n == 0)
		return back;
	return arena_fmt(a, "%.*s%stold=%llu.%llu", STR_ARG(back),
			 str_chr(back, '?') < 0 ? "?" : "&", (unsigned long long)r->changed,
			 (unsigned long long)r->messages);
}

void bulk_told(struct markup *m, struct str changes)
{
	struct str changed = STR("");
	uint64_t n, of;
	if (!str_split(&changes, '.', &changed) || !str_u64(changed, &n) || !str_u64(changes, &of))
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_CHANGED);
	markup_number(m, n);
	MARKUP(m, WORDS_OF);
	markup_number(m, of);
	markup_text(m, str_of(of == 1 ? WORDS_ONE_MESSAGE : WORDS_MANY_MESSAGES));
	if (n < of)
		MARKUP(m, WORDS_SO_ALREADY);
	MARKUP(m, ".</p></div>");
}

static int change(struct call *c, bool off, struct http_response *resp, struct err *err)
{
	struct url form;
	struct tagging_wish w;
	struct tagging_result result;
	if (!form_read(c->req, &form))
		return err_set(err, ERR_INPUT, "the body is no form");
	if (bulk_read(c, &form, &w, err) < 0)
		return -1;
	struct str name = str_trim(url_get(&form, "tag", STR("")));
	int r = tagging_change(c, &w, name, off, &result, err);
	if (r > 0)
		signon_go(resp, c->arena, told(c->arena, &form, &result));
	return r;
}

int bulk_tag(struct call *c, struct http_response *resp, struct err *err)
{
	return change(c, false, resp, err);
}

int bulk_untag(struct call *c, struct http_response *resp, struct err *err)
{
	return change(c, true, resp, err);
}
