#define _GNU_SOURCE
#include "signon.h"

#include <time.h>

#include "auditing.h"
#include "call.h"
#include "cookie.h"
#include "form.h"
#include "frame.h"
#include "oidc.h"
#include "password.h"
#include "present.h"
#include "totp.h"
#include "tries.h"
#include "user.h"
#include "words.h"

static const struct caller_rules *rules;
static const char *setup_secret;

void signon_begin(const struct caller_rules *r, const char *setup)
{
	rules = r;
	setup_secret = setup;
}

/* ---- where to go ---- */

struct str signon_next(struct str next)
{
	bool ours = next.n > 0 && next.n < 4000 && next.p[0] == '/' &&
		    !(next.n > 1 && (next.p[1] == '/' || next.p[1] == '\\'));
	for (size_t i = 0; ours && i < next.n; i++)
		ours = (unsigned char)next.p[i] > ' ' && next.p[i] != 0x7F;
	return ours ? next : STR("/");
}

void signon_go(struct http_response *resp, struct arena *a, struct str where)
{
	resp->status = 303;
	http_header(resp, "Location", arena_str(a, where).p);
}

void signon_redirect(const struct http_request *req, struct http_response *resp)
{
	struct buf to;
	buf_init(&to, 16384);
	buf_str(&to, STR("/login"));
	if (str_eq(req->method, STR("GET")) && req->target.n > 1 && req->target.n < 4000) {
		buf_str(&to, STR("?next="));
		url_escape(&to, req->target);
	}
	signon_go(resp, req->arena, buf_all(&to));
	buf_free(&to);
}

/* ---- sessions ---- */

static void set_cookie(struct call *c, struct http_response *resp, const char *value,
		       const char *more)
{
	struct str text = arena_fmt(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
				    caller_cookie_name(rules), value,
				    rules->secure ? "; Secure" : "", more);
	http_header(resp, "Set-Cookie", text.p);
}

/* A login makes every session that the browser had before worthless. */
static int end_old(struct call *c, struct people *p, struct err *err)
{
	struct caller caller;
	struct cookie old;
	if (caller_find(rules, c->req, &caller, err) < 0)
		return -1;
	if (caller.cookie.n == 0)
		return 1;
	int r = cookie_find(p, c->arena, caller.cookie, (int64_t)time(NULL), &old, err);
	return r > 0 ? cookie_end(p, old.user, old.id, err) : r;
}

int signon_start(struct call *c, struct str user, struct http_response *resp, struct err *err)
{
	struct people *p;
	char secret[NONCE_HEX + 1];
	struct cookie new = {.user = user, .peer = c->req->peer, .made = (int64_t)time(NULL)};
	auditing_note(c, "login", shape_text(c->arena, str_cut(user, 0, 200)));
	if (call_people(&p, err) < 0 || end_old(c, p, err) < 0 ||
	    cookie_make(p, &new, secret, err) < 0)
		return -1;
	set_cookie(c, resp, secret, "");
	return 1;
}

/* ---- the login ---- */

static void open_page(struct markup *m, struct http_response *resp, const char *title)
{
	frame_plain(m, resp, str_of(title));
	MARKUP(m, "<main id=\"main\" class=\"narrow\"><h1>");
	markup_text(m, str_of(title));
	MARKUP(m, "</h1>");
}

static void note(struct markup *m, struct str text)
{
	if (text.n == 0)
		return;
	MARKUP(m, "<div class=\"note\" role=\"alert\"><p>");
	markup_text(m, text);
	MARKUP(m, "</p></div>");
}

static void login_page(struct call *c, struct http_response *resp, struct str next,
		       struct str said)
{
	struct markup m = {&resp->body, c->arena};
	open_page(&m, resp, "Log in");
	note(&m, said);
	MARKUP(&m, "<form class=\"login\" method=\"post\" action=\"/login\">"
		   "<p><label>Name<br><input name=\"name\" autocomplete=\"username\" required"
		   " autofocus></label></p>"
		   "<p><label>Password<br><input type=\"password\" name=\"password\""
		   " autocomplete=\"current-password\" required></label></p>"
		   "<p><label>Code, if you have an authenticator<br><input name=\"code\""
		   " inputmode=\"text\" autocomplete=\"one-time-code\"></label></p>");
	form_field(&m, "next", signon_next(next));
	MARKUP(&m, "<p><button>Log in</button></p></form>");
	if (oidc_is()) {
		MARKUP(&m, "<p><a href=\"/login/oidc?next=");
		markup_url(&m, signon_next(next));
		MARKUP(&m, "\">Log in with your organisation</a></p>");
	}
	MARKUP(&m, "</main>");
	frame_close(&m);
}

int signon_page(struct call *c, struct http_response *resp, struct err *err)
{
	(void)err;
	login_page(c, resp, url_get(c->url, "next", STR("")), STR(""));
	return 1;
}

/* Name, password and code. 1: they fit; 0; -1. */
static int fits(struct people *p, struct arena *a, const struct url *form, struct err *err)
{
	struct user u;
	struct str name = url_get(form, "name", STR("")), code = url_get(form, "code", STR(""));
	int known = user_find(p, a, name, &u, err);
	if (known < 0)
		return -1;
	bool good = password_fits(known ? u.password : STR(""),
				  url_get(form, "password", STR("")));
	if (!good || !known || u.disabled)
		return 0;
	return u.totp.n ? totp_check(p, name, u.totp, code, (int64_t)time(NULL), err) : 1;
}

static int wait_page(struct call *c, struct http_response *resp, struct str next, int64_t wait)
{
	login_page(c, resp, next, arena_fmt(c->arena, "Too many logins have failed. Try again in"
					    " %lld seconds.", (long long)wait));
	resp->status = 429;
	http_header(resp, "Retry-After", arena_fmt(c->arena, "%lld", (long long)wait).p);
	return 1;
}

int signon_login(struct call *c, struct http_response *resp, struct err *err)
{
	struct url form;
	struct people *p;
	int64_t wait, now = (int64_t)time(NULL);
	if (!form_read(c->req, &form))
		return err_set(err, ERR_INPUT, "the body is no form");
	struct str name = url_get(&form, "name", STR("")), peer = c->req->peer;
	struct str next = url_get(&form, "next", STR(""));
	auditing_note(c, "login", shape_text(c->arena, str_cut(name, 0, 200)));
	if (call_people(&p, err) < 0)
		return -1;
	int r = tries_may(p, name, peer, now, &wait, err);
	if (r <= 0)
		return r < 0 ? -1 : wait_page(c, resp, next, wait);
	if (tries_begin(p, name, peer, now, err) < 0)
		return -1;
	r = fits(p, c->arena, &form, err);
	if (r < 0)
		return -1;
	if (r == 0) {
		login_page(c, resp, next, STR("Name, password or code are wrong."));
		resp->status = 403;
		return 1;
	}
	if (tries_worked(p, name, peer, err) < 0 || signon_start(c, name, resp, err) < 0)
		return -1;
	signon_go(resp, c->arena, signon_next(next));
	return 1;
}

int signon_logout(struct call *c, struct http_response *resp, struct err *err)
{
	struct people *p;
	if (c->who->name.n && (call_people(&p, err) < 0 || end_old(c, p, err) < 0))
		return -1;
	set_cookie(c, resp, "", "; Max-Age=0");
	signon_go(resp, c->arena, STR("/login"));
	return 1;
}

/* ---- one's own sessions ---- */

static void session_row(struct markup *m, const struct call *c, const struct cookie *s)
{
	MARKUP(m, "<tr><td>");
	markup_text(m, present_day(m->arena, s->made, 0));
	MARKUP(m, "</td><td>");
	markup_text(m, present_day(m->arena, s->seen, 0));
	MARKUP(m, "</td><td>");
	markup_text(m, s->peer);
	MARKUP(m, "</td><td><form method=\"post\" action=\"/sessions/");
	markup_digits(m, (uint64_t)s->id);
	MARKUP(m, "/end\">");
	form_hidden(m, c->csrf);
	MARKUP(m, "<button>End</button></form></td></tr>");
}

int signon_sessions(struct call *c, struct http_response *resp, struct err *err)
{
	struct people *p;
	struct cookie_list list;
	struct markup m = {&resp->body, c->arena};
	if (c->who->name.n == 0) {
		signon_go(resp, c->arena, STR("/login"));
		return 1;
	}
	if (call_people(&p, err) < 0 ||
	    cookie_list(p, c->arena, c->who->name, (int64_t)time(NULL), &list, err) < 0)
		return -1;
	frame_open(&m, c, resp, STR(WORDS_SESSIONS), NULL);
	MARKUP(&m, "<main id=\"main\" class=\"narrow\"><h1>" WORDS_SESSIONS
		   "</h1><p>You are <strong>");
	markup_text(&m, c->who->name);
	MARKUP(&m, "</strong>.</p><table><thead><tr><th>Since (UTC)</th>"
		   "<th>Last used (UTC)</th>"
		   "<th>From</th><th>End it</th></tr></thead><tbody>");
	for (size_t i = 0; i < list.n; i++)
		session_row(&m, c, &list.all[i]);
	MARKUP(&m, "</tbody></table><form method=\"post\" action=\"/logout\">");
	form_hidden(&m, c->csrf);
	MARKUP(&m, "<p><button>Log out</button></p></form></main>");
	frame_close(&m);
	return 1;
}

int signon_end(struct call *c, struct http_response *resp, struct err *err)
{
	struct people *p;
	uint64_t id;
	if (c->who->name.n == 0 || !str_u64(c->args[0], &id) || id > INT64_MAX)
		return 0;
	if (call_people(&p, err) < 0)
		return -1;
	int r = cookie_end(p, c->who->name, (int64_t)id, err);
	if (r > 0)
		signon_go(resp, c->arena, STR("/sessions"));
	return r;
}

/* ---- the first user ---- */

/* Is this the link that was printed, and is there still nobody? 1, 0 or -1. */
static int may_set_up(struct str key, struct err *err)
{
	if (setup_secret == NULL || !nonce_same(key, str_of(setup_secret)))
		return 0;
	int users = caller_users(err);
	return users < 0 ? -1 : users == 0;
}

static void setup_form(struct call *c, struct http_response *resp, struct str key,
		       struct str said)
{
	struct markup m = {&resp->body, c->arena};
	open_page(&m, resp, "The first user");
	note(&m, said);
	MARKUP(&m, "<p>Whoever you name here may do everything: read all mail, and manage users."
		   " Further users are made on the page Users, or with <code>sheaf user add</code>."
		   "</p>"
		   "<form class=\"login\" method=\"post\" action=\"/setup\">"
		   "<p><label>Name<br><input name=\"name\" autocomplete=\"username\" required"
		   "></label></p><p><label>Password, at least 8 characters<br>"
		   "<input type=\"password\" name=\"password\" autocomplete=\"new-password\""
		   " required></label></p>");
	form_field(&m, "key", key);
	MARKUP(&m, "<p><button>Begin</button></p></form></main>");
	frame_close(&m);
}

int signon_setup_page(struct call *c, struct http_response *resp, struct err *err)
{
	struct str key = url_get(c->url, "key", STR(""));
	int r = may_set_up(key, err);
	if (r > 0)
		setup_form(c, resp, key, STR(""));
	return r;
}

int signon_setup(struct call *c, struct http_response *resp, struct err *err)
{
	struct url form;
	struct people *p;
	struct user u = {.role = STR("owner")};
	if (!form_read(c->req, &form))
		return err_set(err, ERR_INPUT, "the body is no form");
	struct str key = url_get(&form, "key", STR(""));
	int r = may_set_up(key, err);
	if (r <= 0)
		return r;
	u.name = url_get(&form, "name", STR(""));
	if (call_people(&p, err) < 0)
		return -1;
	r = password_hash(c->arena, url_get(&form, "password", STR("")), &u.password, err);
	if (r > 0)
		r = user_add(p, &u, err);
	if (r < 0 && err->kind == ERR_INPUT) {
		setup_form(c, resp, key, str_of(err->text));
		resp->status = 400;
		return 1;
	}
	if (r < 0 || signon_start(c, u.name, resp, err) < 0)
		return -1;
	signon_go(resp, c->arena, STR("/"));
	return 1;
}
