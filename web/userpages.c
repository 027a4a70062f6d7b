#define _GNU_SOURCE
#include "userpages.h"

#include <time.h>

#include "apitoken.h"
#include "cookie.h"
#include "form.h"
#include "frame.h"
#include "present.h"
#include "words.h"
#include "wordsusers.h"

/* A page being written. */
struct sheet {
	struct markup m;
	struct call *c;
	const struct user *u;
};

static bool owner(const struct call *c)
{
	return person_may(c->who, PERSON_OWNER);
}

bool userpages_may(const struct call *c, const struct user *u)
{
	return owner(c) || !str_eq(u->role, STR("owner"));
}

/* ---- pieces ---- */

static void text(struct markup *m, struct str s)
{
	MARKUP(m, "<bdi>");
	markup_text(m, s);
	MARKUP(m, "</bdi>");
}

static void moment(struct markup *m, int64_t at)
{
	if (at)
		markup_text(m, present_day(m->arena, at, 0));
	else
		MARKUP(m, WORDS_NEVER);
}

/* The address of a user's page, or of something there is to do. */
static void address(struct markup *m, struct str name, const char *verb)
{
	MARKUP(m, "/users/");
	markup_url(m, name);
	if (*verb)
		MARKUP(m, "/");
	markup_text(m, str_of(verb));
}

static void form_begins(struct sheet *s, const char *verb, bool fields)
{
	MARKUP(&s->m, "<form method=\"post\" ");
	if (fields)
		MARKUP(&s->m, "class=\"fields\" ");
	MARKUP(&s->m, "action=\"");
	address(&s->m, s->u->name, verb);
	MARKUP(&s->m, "\">");
	form_hidden(&s->m, s->c->csrf);
}

/* A form that is one button, perhaps with a number of what it is about. */
static void button(struct sheet *s, const char *verb, int64_t number, const char *label)
{
	form_begins(s, verb, false);
	if (number)
		form_field(&s->m, "number", arena_fmt(s->m.arena, "%lld", (long long)number));
	MARKUP(&s->m, "<button>");
	markup_text(&s->m, str_of(label));
	MARKUP(&s->m, "</button></form>");
}

static void roles(struct markup *m, struct str chosen, bool owners)
{
	struct str rest = str_of(user_roles), one;
	MARKUP(m, "<label>" WORDS_ROLE "<select name=\"role\">");
	while (str_split(&rest, '|', &one)) {
		if (!owners && str_eq(one, STR("owner")))
			continue;
		MARKUP(m, "<option");
		if (str_eq(one, chosen))
			MARKUP(m, " selected");
		MARKUP(m, ">");
		markup_text(m, one);
		MARKUP(m, "</option>");
	}
	MARKUP(m, "</select></label>");
}

static struct str joined(struct arena *a, const struct user *u)
{
	struct str all = STR("");
	for (size_t i = 0; i < u->n_accounts; i++)
		all = arena_fmt(a, "%.*s%s%.*s", STR_ARG(all), i ? ", " : "",
				STR_ARG(u->accounts[i]));
	return all;
}

static void places(struct markup *m, struct str value)
{
	MARKUP(m, "<label>" WORDS_READS_IN
		  "<input name=\"accounts\" autocomplete=\"off\" value=\"");
	markup_text(m, value);
	MARKUP(m, "\"></label>");
}

static void trouble(struct markup *m, struct str said)
{
	if (said.n == 0)
		return;
	MARKUP(m, "<div class=\"note\" role=\"alert\"><p>");
	markup_text(m, said);
	MARKUP(m, "</p></div>");
}

static void table_begins(struct markup *m, const char *name, const char *const *heads)
{
	MARKUP(m, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
	markup_text(m, str_of(name));
	MARKUP(m, "\"><table><thead><tr>");
	for (; *heads; heads++) {
		MARKUP(m, "<th scope=\"col\">");
		markup_text(m, str_of(*heads));
		MARKUP(m, "</th>");
	}
	MARKUP(m, "</tr></thead><tbody>");
}

/* ---- all of them ---- */

static void row(struct markup *m, const struct user *u)
{
	MARKUP(m, "<tr><td><a href=\"");
	address(m, u->name, "");
	MARKUP(m, "\">");
	text(m, u->name);
	MARKUP(m, "</a>");
	if (u->disabled)
		MARKUP(m, " <small>" WORDS_DISABLED "</small>");
	MARKUP(m, "</td><td>");
	markup_text(m, u->role);
	MARKUP(m, "</td><td>");
	text(m, joined(m->arena, u));
	MARKUP(m, "</td><td>");
	markup_literal(m, u->password.n ? STR(WORDS_PASSWORD) : STR(""));
	if (u->totp.n)
		MARKUP(m, ", " WORDS_SECOND_FACTOR);
	MARKUP(m, "</td><td>");
	moment(m, u->created);
	MARKUP(m, "</td></tr>");
}

static void add_form(struct markup *m, const struct call *c, bool first)
{
	MARKUP(m, "<h2>" WORDS_ADD_USER "</h2><form class=\"fields\" method=\"post\""
		  " action=\"/users\">");
	form_hidden(m, c->csrf);
	MARKUP(m, "<label>" WORDS_NAME
		  "<input name=\"name\" autocomplete=\"off\" required></label>");
	roles(m, first ? STR("owner") : STR("reader"), owner(c));
	places(m, STR(""));
	MARKUP(m, "<label>" WORDS_FIRST_PASSWORD "<input type=\"password\" name=\"password\""
		  " autocomplete=\"new-password\"></label><button>" WORDS_ADD_USER
		  "</button></form>");
}

int userpages_write_list(struct call *c, struct http_response *resp,
			 const struct userpages_news *news, struct err *err)
{
	static const char *const heads[] = {WORDS_NAME, WORDS_ROLE, WORDS_ACCOUNTS, WORDS_LOGIN,
					    WORDS_MADE, NULL};
	struct markup m = {&resp->body, c->arena};
	struct people *p;
	const struct user *all;
	size_t n;
	if (call_people(&p, err) < 0 || user_list(p, c->arena, &all, &n, err) < 0)
		return -1;
	frame_open(&m, c, resp, STR(WORDS_USERS), NULL);
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_USERS "</h1>");
	trouble(&m, news->trouble);
	if (n == 0)
		MARKUP(&m, "<p>" WORDS_NO_USERS "</p>");
	else
		table_begins(&m, WORDS_USERS, heads);
	for (size_t i = 0; i < n; i++)
		row(&m, &all[i]);
	if (n)
		MARKUP(&m, "</tbody></table></div>");
	add_form(&m, c, n == 0);
	MARKUP(&m, "<p class=\"fine\">" WORDS_USERS_HINT "</p></main>");
	frame_close(&m);
	return 1;
}

int userpages_list(struct call *c, struct http_response *resp, struct err *err)
{
	const struct userpages_news none = {0};
	return userpages_write_list(c, resp, &none, err);
}

/* ---- one of them ---- */

static void news_of(struct markup *m, const struct userpages_news *news)
{
	trouble(m, news->trouble);
	if (news->token.n) {
		MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_TOKEN_SHOWN
			  "<br><code class=\"long\">");
		markup_text(m, news->token);
		MARKUP(m, "</code></p></div>");
	}
	if (news->url.n == 0)
		return;
	MARKUP(m, "<div class=\"note\" role=\"status\"><p>" WORDS_TOTP_SHOWN
		  "<br><code class=\"long\">");
	markup_text(m, news->url);
	MARKUP(m, "</code></p><p>" WORDS_CODES_SHOWN "</p><ul>");
	for (size_t i = 0; i < news->n_codes; i++) {
		MARKUP(m, "<li><code>");
		markup_text(m, news->codes[i]);
		MARKUP(m, "</code></li>");
	}
	MARKUP(m, "</ul></div>");
}

static void rights(struct sheet *s)
{
	MARKUP(&s->m, "<h2>" WORDS_RIGHTS "</h2>");
	if (str_eq(s->u->name, s->c->who->name)) {
		MARKUP(&s->m, "<p>");
		markup_text(&s->m, s->u->role);
		MARKUP(&s->m, " ");
		text(&s->m, joined(s->m.arena, s->u));
		MARKUP(&s->m, "</p><p class=\"fine\">" WORDS_NOT_ONESELF "</p>");
		return;
	}
	form_begins(s, "rights", true);
	roles(&s->m, s->u->role, owner(s->c));
	places(&s->m, joined(s->m.arena, s->u));
	MARKUP(&s->m, "<button>" WORDS_CHANGE "</button></form><p class=\"fine\">"
		      WORDS_DISABLE_HINT "</p><div class=\"row\">");
	if (s->u->disabled)
		button(s, "enable", 0, WORDS_ENABLE);
	else
		button(s, "disable", 0, WORDS_DISABLE);
	MARKUP(&s->m, "</div><details><summary>" WORDS_REMOVE_USER "</summary>");
	button(s, "remove", 0, WORDS_REMOVE_USER);
	MARKUP(&s->m, "</details>");
}

static void login(struct sheet *s)
{
	MARKUP(&s->m, "<h2>" WORDS_PASSWORD "</h2>");
	form_begins(s, "password", true);
	MARKUP(&s->m, "<label>" WORDS_NEW_PASSWORD "<input type=\"password\" name=\"password\""
		      " autocomplete=\"new-password\" required></label><button>"
		      WORDS_SET_PASSWORD "</button></form><p class=\"fine\">" WORDS_LOGS_OUT
		      "</p><h2>" WORDS_SECOND_FACTOR "</h2><p>");
	markup_literal(&s->m, s->u->totp.n ? STR(WORDS_IS_ON) : STR(WORDS_IS_OFF));
	MARKUP(&s->m, "</p><div class=\"row\">");
	button(s, "totp", 0, s->u->totp.n ? WORDS_ANEW : WORDS_TURN_ON);
	if (s->u->totp.n)
		button(s, "totp-off", 0, WORDS_TURN_OFF);
	MARKUP(&s->m, "</div>");
}

static void token_form(struct sheet *s)
{
	struct str rest = apitoken_scope_text(s->m.arena, PERSON_OWNER), one;
	form_begins(s, "token", true);
	MARKUP(&s->m, "<label>" WORDS_NOTE "<input name=\"note\" maxlength=\"200\"></label><label>"
		      WORDS_DAYS "<input name=\"days\" inputmode=\"numeric\" value=\"90\"></label>"
		      "<fieldset><legend>" WORDS_SCOPE "</legend>");
	for (bool first = true; str_split(&rest, ',', &one); first = false) {
		MARKUP(&s->m, "<label class=\"check\">"
			      "<input type=\"checkbox\" value=\"1\" name=\"");
		markup_text(&s->m, one);
		MARKUP(&s->m, "\"");
		if (first)
			MARKUP(&s->m, " checked");
		MARKUP(&s->m, "> ");
		markup_text(&s->m, one);
		MARKUP(&s->m, "</label> ");
	}
	MARKUP(&s->m, "</fieldset><button>" WORDS_MAKE_TOKEN "</button></form>");
}

static int tokens(struct sheet *s, struct people *p, struct err *err)
{
	static const char *const heads[] = {WORDS_TOKEN, WORDS_SCOPE, WORDS_NOTE, WORDS_EXPIRES,
					    WORDS_ACTION, NULL};
	struct markup *m = &s->m;
	const struct apitoken *all;
	size_t n;
	if (apitoken_list(p, m->arena, s->u->name, &all, &n, err) < 0)
		return -1;
	MARKUP(m, "<h2>" WORDS_TOKENS "</h2>");
	if (n)
		table_begins(m, WORDS_TOKENS, heads);
	for (size_t i = 0; i < n; i++) {
		MARKUP(m, "<tr><td>");
		markup_digits(m, (uint64_t)all[i].id);
		MARKUP(m, "</td><td>");
		markup_text(m, apitoken_scope_text(m->arena, all[i].scope));
		MARKUP(m, "</td><td>");
		text(m, all[i].note);
		MARKUP(m, "</td><td>");
		moment(m, all[i].expires);
		MARKUP(m, "</td><td>");
		button(s, "token-end", all[i].id, WORDS_REVOKE);
		MARKUP(m, "</td></tr>");
	}
	if (n)
		MARKUP(m, "</tbody></table></div>");
	token_form(s);
	return 1;
}

static int sessions(struct sheet *s, struct people *p, struct err *err)
{
	static const char *const heads[] = {WORDS_MADE_AT, WORDS_LAST_USED, WORDS_FROM_WHERE,
					    WORDS_ACTION, NULL};
	struct markup *m = &s->m;
	struct cookie_list list;
	if (cookie_list(p, m->arena, s->u->name, (int64_t)time(NULL), &list, err) < 0)
		return -1;
	MARKUP(m, "<h2>" WORDS_SESSIONS_OF "</h2>");
	if (list.n == 0)
		MARKUP(m, "<p>" WORDS_NONE "</p>");
	else
		table_begins(m, WORDS_SESSIONS_OF, heads);
	for (size_t i = 0; i < list.n; i++) {
		MARKUP(m, "<tr><td>");
		moment(m, list.all[i].made);
		MARKUP(m, "</td><td>");
		moment(m, list.all[i].seen);
		MARKUP(m, "</td><td>");
		markup_text(m, list.all[i].peer);
		MARKUP(m, "</td><td>");
		button(s, "session-end", list.all[i].id, WORDS_END);
		MARKUP(m, "</td></tr>");
	}
	if (list.n)
		MARKUP(m, "</tbody></table></div>");
	return 1;
}

int userpages_write_one(struct call *c, struct http_response *resp, struct str name,
			const struct userpages_news *news, struct err *err)
{
	struct user u;
	struct people *p;
	struct sheet s = {{&resp->body, c->arena}, c, &u};
	if (call_people(&p, err) < 0)
		return -1;
	int r = user_find(p, c->arena, name, &u, err);
	if (r <= 0)
		return r;
	frame_open(&s.m, c, resp, u.name, NULL);
	MARKUP(&s.m, "<main id=\"main\" class=\"narrow\"><h1>");
	text(&s.m, u.name);
	if (u.disabled)
		MARKUP(&s.m, " <small>" WORDS_DISABLED "</small>");
	MARKUP(&s.m, "</h1><p><a href=\"/users\">" WORDS_USERS "</a></p>");
	news_of(&s.m, news);
	if (userpages_may(c, &u)) {
		rights(&s);
		login(&s);
		r = tokens(&s, p, err);
		if (r > 0)
			r = sessions(&s, p, err);
	} else {
		MARKUP(&s.m, "<p>");
		markup_text(&s.m, u.role);
		MARKUP(&s.m, "</p>");
	}
	MARKUP(&s.m, "</main>");
	frame_close(&s.m);
	return r;
}

int userpages_one(struct call *c, struct http_response *resp, struct err *err)
{
	const struct userpages_news none = {0};
	return userpages_write_one(c, resp, c->args[0], &none, err);
}
