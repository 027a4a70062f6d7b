#include "problem.h"

#include <jansson.h>

#include "frame.h"
#include "log.h"
#include "present.h"
#include "words.h"

static const struct {
	const char *slug, *title, *meaning;
	int status;
} kinds[] = {
	[PROBLEM_INPUT] = {"input", "bad request",
		"The request is malformed, or the query could not be understood. The detail says"
		" where; column counts the characters of the query from 1.", 400},
	[PROBLEM_TOKEN] = {"token", "token needed",
		"This server wants a token: send \"Authorization: Bearer TOKEN\", or give the token"
		" as the password when the browser asks.", 401},
	[PROBLEM_DENIED] = {"denied", "refused",
		"The server refuses this request. Without a token file it answers only requests for"
		" localhost.", 403},
	[PROBLEM_RIGHT] = {"right", "not allowed",
		"You may not do this: ask an administrator for the right.", 403},
	[PROBLEM_FOREIGN] = {"foreign", "from elsewhere",
		"A page of another site made this request. Only our own pages and programs may"
		" change anything.", 403},
	[PROBLEM_NOT_FOUND] = {"not-found", "not found",
		"There is no such page, or no message with that id.", 404},
	[PROBLEM_GONE] = {"gone", "disposed of",
		"The message was disposed of: it is hidden, or was destroyed.", 410},
	[PROBLEM_METHOD] = {"method", "method not allowed",
		"This address exists, but not for that method.", 405},
	[PROBLEM_TOO_LARGE] = {"too-large", "body too large",
		"The body of the request is too large.", 413},
	[PROBLEM_TOO_LONG] = {"too-long", "address too long",
		"The address of the request is too long.", 414},
	[PROBLEM_LATER] = {"later", "try again later",
		"The server is busy or stopping. The same request may work in a moment.", 503},
	[PROBLEM_BROKEN] = {"broken", "internal error",
		"The server failed. Its log says why.", 500},
};

enum problem_kind problem_of(const struct err *err)
{
	switch (err->kind) {
	case ERR_USAGE:
	case ERR_INPUT:
		return PROBLEM_INPUT;
	case ERR_NET:
	case ERR_LATER:
		return PROBLEM_LATER;
	case ERR_DENIED:
		return PROBLEM_DENIED;
	case ERR_GONE:
		return PROBLEM_GONE;
	case ERR_NONE:
	case ERR_BROKEN:
		break;
	}
	return PROBLEM_BROKEN;
}

/* err: for its places, or NULL. */
static void write_json(enum problem_kind kind, const char *title, struct str detail,
		       const struct err *err, struct arena *a, struct http_response *resp)
{
	struct str type = arena_fmt(a, "/problems/%s", kinds[kind].slug);
	json_t *o = json_object();
	detail = present_utf8(a, detail);
	json_object_set_new(o, "type", json_string(type.p));
	json_object_set_new(o, "title", json_string(title));
	json_object_set_new(o, "status", json_integer(kinds[kind].status));
	json_object_set_new(o, "detail", json_stringn(detail.p, detail.n));
	if (err && err->column > 0)
		json_object_set_new(o, "column", json_integer(err->column));
	if (err && err->place[0])
		json_object_set_new(o, "pointer", json_string(err->place));
	json_object_set_new(o, "request_id", shape_text(a, resp->id));
	frame_json(resp, o);
	resp->type = "application/problem+json";
}

static void write_page(const char *title, struct str detail, int column, struct arena *a,
		       struct http_response *resp)
{
	struct markup m = {&resp->body, a};
	frame_open(&m, NULL, resp, str_of(title), NULL);
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>");
	markup_text(&m, str_of(title));
	MARKUP(&m, "</h1><p>");
	markup_text(&m, detail);
	if (column > 0) {
		MARKUP(&m, " (column ");
		markup_number(&m, (uint64_t)column);
		MARKUP(&m, ")");
	}
	MARKUP(&m, "</p><p><a href=\"/\">" WORDS_TO_SEARCH "</a></p>");
	if (resp->status >= 400) {
		MARKUP(&m, "<p class=\"fine\">" WORDS_REQUEST "<code>");
		markup_text(&m, resp->id);
		MARKUP(&m, "</code></p>");
	}
	MARKUP(&m, "</main>");
	frame_close(&m);
}

void problem_answer(enum problem_kind kind, const struct err *err, bool page, struct arena *a,
		    struct http_response *resp)
{
	const char *title = kinds[kind].title;
	struct str detail = str_of(err && err->text[0] ? err->text : kinds[kind].meaning);
	int column = err ? err->column : 0;
	if (kind == PROBLEM_INPUT && column > 0)
		title = "bad query";
	if (kind == PROBLEM_BROKEN) {
		log_line(LOG_ERROR, "web: %s", err ? err->text : "internal error");
		detail = str_of(kinds[kind].meaning);
	}
	http_reset(resp);
	resp->status = kinds[kind].status;
	if (page)
		write_page(title, detail, column, a, resp);
	else
		write_json(kind, title, detail, err, a, resp);
	if (kind == PROBLEM_TOKEN) {
		http_header(resp, "WWW-Authenticate", "Bearer realm=\"sheaf\"");
		http_header(resp, "WWW-Authenticate", "Basic realm=\"sheaf\", charset=\"UTF-8\"");
	}
	if (kind == PROBLEM_LATER)
		http_header(resp, "Retry-After", "5");
}

int problem_explain(struct call *c, struct http_response *resp, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!str_eq(c->args[0], str_of(kinds[i].slug)))
			continue;
		write_page(kinds[i].title, str_of(kinds[i].meaning), 0, c->arena, resp);
		return 1;
	}
	return 0;
}
