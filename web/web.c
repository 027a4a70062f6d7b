#define _GNU_SOURCE
#include "web.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "api.h"
#include "ask.h"
#include "caller.h"
#include "form.h"
#include "listener.h"
#include "log.h"
#include "nonce.h"
#include "pages.h"
#include "proc.h"
#include "problem.h"
#include "reading.h"
#include "sheet.h"
#include "signon.h"
#include "style.h"

enum { THREADS = 4, GRACE_MS = 700 };

static const struct route routes[] = {
	{"GET", "/", pages_search, NEED_READ, ROUTE_PAGE},
	{"GET", "/message/{}", sheet_page, NEED_READ, ROUTE_PAGE},
	{"GET", "/message/{}/html", reading_html, NEED_READ, ROUTE_PAGE},
	{"GET", "/problems/{}", problem_explain, NEED_NOTHING, ROUTE_PAGE},
	{"GET", "/style.css", style_css, NEED_NOTHING, 0},
	{"GET", "/icon.svg", style_icon, NEED_NOTHING, 0},
	{"GET", "/login", signon_page, NEED_NOTHING, ROUTE_PAGE},
	{"POST", "/login", signon_login, NEED_NOTHING, ROUTE_PAGE | ROUTE_FIRST},
	{"POST", "/logout", signon_logout, NEED_NOTHING, ROUTE_PAGE},
	{"GET", "/login/oidc", oidc_go, NEED_NOTHING, ROUTE_PAGE},
	{"GET", "/login/oidc/callback", oidc_back, NEED_NOTHING, ROUTE_PAGE},
	{"GET", "/sessions", signon_sessions, NEED_NOTHING, ROUTE_PAGE},
	{"POST", "/sessions/{}/end", signon_end, NEED_NOTHING, ROUTE_PAGE},
	{"GET", "/setup", signon_setup_page, NEED_NOTHING, ROUTE_PAGE},
	{"POST", "/setup", signon_setup, NEED_NOTHING, ROUTE_PAGE | ROUTE_FIRST},
	{"GET", "/healthz", api_health, NEED_NOTHING, 0},
	{"GET", "/api/v1/search", api_search, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}", api_message, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/html", reading_html, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/raw", api_raw, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/parts/{}", api_part, NEED_READ, 0},
};

void web_routes(void (*each)(void *arg, const char *method, const char *path, const char *need),
		void *arg)
{
	static const char *const names[] = {
		[NEED_NOTHING] = "nothing", [NEED_READ] = "read", [NEED_TAG] = "tag",
		[NEED_EXPORT] = "export", [NEED_AUDIT] = "audit", [NEED_ADMIN] = "admin"};
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		each(arg, routes[i].method, routes[i].pattern, names[routes[i].need]);
}

struct web {
	struct caller_rules rules;
	struct oidc_options oidc;
};

/* On every answer. A page loads our style sheet and sends its own form, nothing else; all else
 * loads nothing at all. */
static void add_headers(struct http_response *r)
{
	http_header(r, "Content-Type", r->type ? r->type : "text/plain; charset=utf-8");
	http_header(r, "Cache-Control", r->cache ? r->cache : "no-store");
	http_header(r, "X-Content-Type-Options", "nosniff");
	http_header(r, "Referrer-Policy", "no-referrer");
	http_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	http_header(r, "Cross-Origin-Opener-Policy", "same-origin");
	const char *policy =
		r->page ? "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self';"
			  " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
			: "default-src 'none'; base-uri 'none'; form-action 'none';"
			  " frame-ancestors 'none'; sandbox";
	http_header(r, "Content-Security-Policy", r->policy ? r->policy : policy);
}

static void run(const struct route *route, struct call *c, struct http_response *resp)
{
	struct err err = {0};
	bool page = route->flags & ROUTE_PAGE;
	int r = route->run(c, resp, &err);
	call_release(c);
	if (r > 0 && resp->body.full)
		r = err_set(&err, ERR_INPUT, "the answer is too large; ask for less");
	if (r == 0)
		problem_answer(PROBLEM_NOT_FOUND, NULL, page, c->arena, resp);
	if (r >= 0)
		return;
	problem_answer(problem_of(&err), &err, page, c->arena, resp);
	if (err.kind == ERR_BROKEN)
		call_drop_db();
}

/* Does the request come in under a name that only this machine has? Asked while everybody here is
 * the owner: a page elsewhere could otherwise point its own name at us and read the answers. */
static bool safe_host(const struct caller *caller, const struct http_request *req)
{
	return !caller->by_place || (!req->two_hosts && listener_local_host(req->host));
}

/* Does what changes something come from our own pages, or from no page at all? Browsers send
 * passwords and cookies along with what a page elsewhere wants of us. */
static bool own_form(const struct http_request *req)
{
	struct str site = req->fetch_site, origin = req->origin;
	if (str_eq(req->method, STR("GET")) || str_eq(req->method, STR("HEAD")))
		return true;
	if (site.n && !str_eq(site, STR("same-origin")) && !str_eq(site, STR("none")))
		return false;
	return origin.n == 0 ||
	       (str_ends(origin, req->host) && origin.n > req->host.n &&
		origin.p[origin.n - req->host.n - 1] == '/');
}

static void routed(const struct caller *caller, const struct http_request *req,
		   const struct url *url, struct http_response *resp)
{
	struct route_match m;
	int found = route_find(routes, sizeof routes / sizeof *routes, req->method, url, &m);
	bool api = url->n_segments && str_eq(url->segments[0], STR("api"));
	unsigned flags = found ? m.route->flags : api ? 0 : ROUTE_PAGE;
	bool page = flags & ROUTE_PAGE;
	struct call c = {.req = req, .url = url, .args = m.args, .arena = req->arena,
			 .who = caller->who, .csrf = caller->csrf};
	enum route_need need = found ? m.route->need : NEED_READ;
	if (need && c.who->rights == 0 && page && caller->users)
		signon_redirect(req, resp);
	else if (need && c.who->rights == 0)
		problem_answer(PROBLEM_TOKEN, NULL, page, req->arena, resp);
	else if (!person_may(c.who, need))
		problem_answer(PROBLEM_RIGHT, NULL, page, req->arena, resp);
	else if (!own_form(req) || (!(flags & ROUTE_FIRST) && !caller_meant(caller, req)))
		problem_answer(PROBLEM_FOREIGN, NULL, page, req->arena, resp);
	else if (found == 0)
		problem_answer(PROBLEM_NOT_FOUND, NULL, page, req->arena, resp);
	else if (found < 0)
		problem_answer(PROBLEM_METHOD, NULL, page, req->arena, resp);
	else if (req->too_large)
		problem_answer(PROBLEM_TOO_LARGE, NULL, page, req->arena, resp);
	else
		run(m.route, &c, resp);
	if (resp->status == 405)
		http_header(resp, "Allow", m.allow);
}

static void dispatch(struct web *w, const struct http_request *req, struct http_response *resp)
{
	struct err err = {0};
	struct url url;
	struct caller caller;
	if (caller_find(&w->rules, req, &caller, &err) < 0)
		problem_answer(problem_of(&err), &err, false, req->arena, resp);
	else if (!safe_host(&caller, req))
		problem_answer(PROBLEM_DENIED, NULL, false, req->arena, resp);
	else if (req->too_long)
		problem_answer(PROBLEM_TOO_LONG, NULL, false, req->arena, resp);
	else if (url_parse(req->arena, req->target, &url, &err) < 0)
		problem_answer(PROBLEM_INPUT, &err, false, req->arena, resp);
	else
		routed(&caller, req, &url, resp);
}

static void handle(void *arg, const struct http_request *req, struct http_response *resp)
{
	uint64_t start = log_now_ms();
	dispatch(arg, req, resp);
	add_headers(resp);
	/* Neither the target nor the query: they say what somebody looks for. */
	log_line(LOG_DEBUG, "web: %.*s %d %llu ms", STR_ARG(str_cut(req->method, 0, 20)),
		 resp->status, (unsigned long long)(log_now_ms() - start));
}

/* Where strangers can connect and nobody can log in yet, whoever reads the terminal makes the
 * first user. 1: *link holds the way; 0: no need; -1. */
static int first_user(const struct web *w, char link[NONCE_HEX + 1], struct err *err)
{
	if ((w->rules.loopback && !w->rules.elsewhere) || w->rules.tokens.n)
		return 0;
	int users = caller_users(err);
	if (users != 0)
		return users < 0 ? -1 : 0;
	return nonce_make(link, err);
}

static int serve(struct web *w, struct listener *l, void (*ready)(void *arg, const char *url),
		 void *arg, struct arena *a, struct err *err)
{
	static char link[NONCE_HEX + 1];
	struct http *http = NULL;
	struct call first = {.arena = a};
	struct qdb *db;
	int fd;
	/* An archive that cannot be opened is the operator's to see, now and not at the first
	 * request. */
	int new = first_user(w, link, err);
	if (new < 0 || form_begin(err) < 0 ||
	    oidc_begin(&w->oidc, w->rules.secure, err) < 0)
		return -1;
	signon_begin(&w->rules, new ? link : NULL);
	if (call_db(&first, &db, err) < 0 || listener_open(l, &fd, err) < 0 ||
	    http_start(&http, fd, THREADS, handle, w, err) < 0)
		return -1;
	ready(arg, listener_url(a, l).p);
	if (new)
		fprintf(stderr, "there are no users yet; this link makes the first one:\n"
				"%.*ssetup?key=%s\n", STR_ARG(listener_url(a, l)), link);
	while (!proc_stopped())
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	if (http_stop(&http, GRACE_MS) == 0) {
		log_line(LOG_WARN, "web: a request was still at work; stopping without it");
		_exit(0);
	}
	return 0;
}

int web_serve(const struct web_options *o, void (*ready)(void *arg, const char *url), void *arg,
	      struct err *err)
{
	struct arena a = {0};
	struct web w = {0};
	struct listener l;
	int r = listener_parse(str_of(o->listen), &l, err);
	if (r > 0 && o->token_file)
		r = auth_load(&a, o->token_file, &w.rules.tokens, err);
	w.rules.loopback = r > 0 && listener_loopback(&l);
	w.rules.secure = o->secure;
	w.rules.elsewhere = o->proxy_header || o->oidc.issuer;
	w.oidc = o->oidc;
	w.rules.proxy_header = o->proxy_header;
	w.rules.proxies = str_of(o->proxies);
	if (r > 0)
		r = call_begin(o->archive_dir, err);
	if (r > 0) {
		ask_times(o->timeout_ms, o->timeout_max_ms);
		proc_catch_stop();
		mail_init();
		r = serve(&w, &l, ready, arg, &a, err);
		call_end();
	}
	arena_free(&a);
	return r;
}
