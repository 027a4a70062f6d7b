#define _GNU_SOURCE
#include "web.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "access.h"
#include "api.h"
#include "ask.h"
#include "auditing.h"
#include "auditlist.h"
#include "auth.h"
#include "confine.h"
#include "file.h"
#include "keeper.h"
#include "listener.h"
#include "log.h"
#include "pages.h"
#include "proc.h"
#include "problem.h"
#include "readiness.h"
#include "reading.h"
#include "sheet.h"
#include "style.h"

enum { THREADS = 4, GRACE_MS = 700 };

static const struct route routes[] = {
	{"GET", "/", pages_search, NEED_READ, ROUTE_PAGE},
	{"GET", "/message/{}", sheet_page, NEED_READ, ROUTE_PAGE},
	{"GET", "/message/{}/html", reading_html, NEED_READ, ROUTE_PAGE},
	{"GET", "/problems/{}", problem_explain, NEED_READ, ROUTE_PAGE},
	{"GET", "/style.css", style_css, NEED_READ, 0},
	{"GET", "/icon.svg", style_icon, NEED_READ, 0},
	{"GET", "/audit", auditlist_page, NEED_AUDIT, ROUTE_PAGE},
	{"GET", "/api/v1/audit", auditlist_api, NEED_AUDIT, 0},
	{"GET", "/healthz", api_health, NEED_NOTHING, 0},
	{"GET", "/readyz", readiness_get, NEED_NOTHING, 0},
	{"GET", "/metrics", metrics_get, NEED_ADMIN, 0},
	{"GET", "/api/v1/search", api_search, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}", api_message, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/html", reading_html, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/raw", api_raw, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/parts/{}", api_part, NEED_READ, 0},
};

struct web {
	struct auth auth;
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
	int r = auditing_before(c, route, &err);
	if (r > 0)
		r = route->run(c, resp, &err);
	call_release(c);
	if (r > 0 && resp->body.full)
		r = err_set(&err, ERR_INPUT, "the answer is too large; ask for less");
	if (r == 0)
		problem_answer(PROBLEM_NOT_FOUND, NULL, page, c->arena, resp);
	if (r < 0)
		problem_answer(problem_of(&err), &err, page, c->arena, resp);
	if (r < 0 && err.kind == ERR_BROKEN)
		call_drop_db();
	/* Nothing leaves that is not in the log. */
	if (auditing_after(c, route, resp, &err) < 0)
		problem_answer(PROBLEM_LATER, &err, page, c->arena, resp);
}

/* Does the request come in under a name that only this machine has? Asked while there are no
 * tokens: a page elsewhere could otherwise point its own name at us and read the answers. */
static bool safe_host(const struct web *w, const struct http_request *req)
{
	return w->auth.n > 0 || (!req->two_hosts && listener_local_host(req->host));
}

static const struct person *who(const struct web *w, const struct http_request *req)
{
	static const struct person nobody;
	return auth_allows(&w->auth, req->arena, req->authorization) ? &person_owner : &nobody;
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

/* What is said of a request when it is over. */
struct trace {
	const struct route *route;
	const struct person *who;
};

static void routed(struct web *w, const struct http_request *req, const struct url *url,
		   struct http_response *resp, struct trace *trace)
{
	struct route_match m;
	int found = route_find(routes, sizeof routes / sizeof *routes, req->method, url, &m);
	bool api = url->n_segments && str_eq(url->segments[0], STR("api"));
	unsigned flags = found ? m.route->flags : api ? 0 : ROUTE_PAGE;
	bool page = flags & ROUTE_PAGE;
	struct call c = {.req = req, .url = url, .args = m.args, .arena = req->arena,
			 .who = who(w, req)};
	trace->route = found > 0 ? m.route : NULL;
	trace->who = c.who;
	enum route_need need = found ? m.route->need : NEED_READ;
	if (need && c.who->rights == 0)
		problem_answer(PROBLEM_TOKEN, NULL, page, req->arena, resp);
	else if (!person_may(c.who, need))
		problem_answer(PROBLEM_RIGHT, NULL, page, req->arena, resp);
	else if (!own_form(req))
		problem_answer(PROBLEM_FOREIGN, NULL, page, req->arena, resp);
	else if (found == 0)
		problem_answer(PROBLEM_NOT_FOUND, NULL, page, req->arena, resp);
	else if (found < 0)
		problem_answer(PROBLEM_METHOD, NULL, page, req->arena, resp);
	else if (req->too_large)
		problem_answer(PROBLEM_TOO_LARGE, NULL, page, req->arena, resp);
	else
		run(m.route, &c, resp);
	if (resp->status == 401 || resp->status == 403)
		auditing_refused(&c, resp->status);
	if (resp->status == 405)
		http_header(resp, "Allow", m.allow);
}

static void dispatch(struct web *w, const struct http_request *req, struct http_response *resp,
		     struct trace *trace)
{
	struct err err = {0};
	struct url url;
	if (!safe_host(w, req))
		problem_answer(PROBLEM_DENIED, NULL, false, req->arena, resp);
	else if (req->too_long)
		problem_answer(PROBLEM_TOO_LONG, NULL, false, req->arena, resp);
	else if (url_parse(req->arena, req->target, &url, &err) < 0)
		problem_answer(PROBLEM_INPUT, &err, false, req->arena, resp);
	else
		routed(w, req, &url, resp, trace);
}

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void handle(void *arg, const struct http_request *req, struct http_response *resp)
{
	uint64_t start = now_us();
	struct trace trace = {NULL, NULL};
	dispatch(arg, req, resp, &trace);
	add_headers(resp);
	/* Neither the target nor the query: they say what somebody looks for. */
	uint64_t us = now_us() - start;
	access_line(req, trace.route, trace.who, resp, us);
	metrics_count(trace.route, resp->status, us);
	log_line(LOG_DEBUG, "web: %.*s %d %llu ms", STR_ARG(str_cut(req->method, 0, 20)),
		 resp->status, (unsigned long long)us / 1000);
}

static int check_listen(const struct listener *l, const struct web_options *o, struct err *err)
{
	if (o->token_file || listener_loopback(l))
		return 1;
	return err_set(err, ERR_DENIED,
		       "listening at \"%s\" would let everybody who can reach it read all mail:"
		       " give a token file (one token a line, mode 0600), or listen at 127.0.0.1",
		       o->listen);
}

/* PEM texts for TLS, in the arena. */
static int read_tls(const struct web_options *o, struct arena *a, struct http_options *h,
		    struct err *err)
{
	const char *const paths[] = {o->certificate, o->key};
	const char **const to[] = {&h->certificate, &h->key};
	for (size_t i = 0; o->certificate && i < 2; i++) {
		struct buf b;
		buf_init(&b, 1 << 20);
		int r = file_load(paths[i], &b, err);
		if (r == 0)
			r = err_set(err, ERR_DENIED, "there is no file '%s'", paths[i]);
		*to[i] = arena_str(a, buf_all(&b)).p;
		if (b.p)
			explicit_bzero(b.p, b.n);
		buf_free(&b);
		if (r < 0)
			return -1;
	}
	return 1;
}

/* What is left to the process from here on. */
static int confine(const struct web_options *o, struct arena *a, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	const char *log = o->access_log && *o->access_log != '-' ? o->access_log : "/dev/null";
	const char *slash = strrchr(log, '/');
	/* The folder, because the file is opened anew after it was moved away. */
	struct str logs = strcmp(log, "/dev/null") == 0 ? str_of(log)
			  : slash ? str_cut(str_of(log), 0, (size_t)(slash - log) + 1) : STR(".");
	const char *const writable[] = {o->archive_dir, tmp && *tmp ? tmp : "/var/tmp", "/tmp",
					"/dev/null", arena_str(a, logs).p};
	if (!o->sandbox)
		return 1;
	int r = confine_files(writable, sizeof writable / sizeof *writable, err);
	if (r == 0)
		log_line(LOG_INFO, "the kernel has no Landlock: writing is not confined");
	return r < 0 ? -1 : confine_calls(err);
}

/* Everything that needs rights, and everything that forks, before there are threads. */
static int prepare(struct web *w, const struct web_options *o, struct arena *a,
		   struct http_options *h, struct err *err)
{
	(void)w;
	if (read_tls(o, a, h, err) < 0 || access_begin(o->access_log, err) < 0)
		return -1;
	if (o->user && confine_user(o->user, err) < 0)
		return -1;
	if (auditing_start(o->archive_dir, &o->audit, err) < 0)
		return -1;
	metrics_begin(routes, sizeof routes / sizeof *routes, o->fares);
	if (o->harvest && keeper_start(o->harvest, err) < 0)
		return -1;
	return confine(o, a, err);
}

static void wait_for_end(void)
{
	while (!proc_stopped()) {
		if (proc_reload()) {
			access_reopen();
			keeper_reload();
		}
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	}
}

static int serve(struct web *w, const struct http_options *h, struct str url,
		 void (*ready)(void *arg, const char *url), void *arg, struct err *err)
{
	struct arena a = {0};
	struct http *http = NULL;
	struct call first = {.arena = &a};
	struct qdb *db;
	/* An archive that cannot be opened is the operator's to see, now and not at the first
	 * request. */
	int r = call_db(&first, &db, err);
	if (r > 0)
		r = http_start(&http, h, handle, w, err);
	if (r > 0) {
		ready(arg, url.p);
		wait_for_end();
		if (http_stop(&http, GRACE_MS) == 0) {
			log_line(LOG_WARN, "web: a request was still at work; stopping without it");
			keeper_stop();
			_exit(0);
		}
	}
	arena_free(&a);
	return r < 0 ? -1 : 0;
}

/* The socket that was handed over, or one of our own. */
static int bind_socket(const struct web_options *o, struct listener *l, struct http_options *h,
		       struct err *err)
{
	int r = listener_inherit(l, &h->fd, err);
	if (r == 0)
		r = listener_parse(str_of(o->listen), l, err);
	if (r > 0)
		r = check_listen(l, o, err);
	return r > 0 && h->fd < 0 ? listener_open(l, &h->fd, err) : r;
}

int web_serve(const struct web_options *o, void (*ready)(void *arg, const char *url), void *arg,
	      struct err *err)
{
	struct arena a = {0};
	struct web w = {0};
	struct listener l;
	struct http_options h = {.fd = -1, .threads = THREADS};
	int r = bind_socket(o, &l, &h, err);
	if (r > 0 && o->token_file)
		r = auth_load(&a, o->token_file, &w.auth, err);
	if (r > 0) {
		proc_catch_stop();
		proc_catch_reload();
		r = prepare(&w, o, &a, &h, err);
	}
	if (r > 0)
		r = call_begin(o->archive_dir, err);
	if (r > 0) {
		ask_times(o->timeout_ms, o->timeout_max_ms);
		mail_init();
		struct str url = listener_url(&a, &l);
		if (h.certificate)
			url = arena_fmt(&a, "https%s", url.p + 4);
		r = serve(&w, &h, url, ready, arg, err);
		call_end();
	}
	keeper_stop();
	auditing_stop();
	access_end();
	arena_free(&a);
	return r;
}
