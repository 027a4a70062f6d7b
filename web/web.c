#define _GNU_SOURCE
#include "web.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "access.h"
#include "accounts.h"
#include "advanced.h"
#include "api.h"
#include "ask.h"
#include "auditing.h"
#include "auditlist.h"
#include "bulk.h"
#include "byid.h"
#include "bytes.h"
#include "caller.h"
#include "encode.h"
#include "exporting.h"
#include "exports.h"
#include "facets.h"
#include "form.h"
#include "jmap.h"
#include "listener.h"
#include "listing.h"
#include "lobby.h"
#include "log.h"
#include "newsfeed.h"
#include "nonce.h"
#include "openapi.h"
#include "pages.h"
#include "problem.h"
#include "proc.h"
#include "readiness.h"
#include "reading.h"
#include "saving.h"
#include "service.h"
#include "sheet.h"
#include "shelf.h"
#include "signon.h"
#include "startup.h"
#include "style.h"
#include "suggest.h"
#include "tagging.h"
#include "threading.h"
#include "unread.h"
#include "userpages.h"
#include "userwork.h"

/* The unit for systemd waits longer, also for what the keeper ends then. */
enum { THREADS = 4, SEARCH_GRACE_MS = 3000, GRACE_MS = 10000 };

static const struct route routes[] = {
	{"GET", "/", pages_search, NEED_READ, ROUTE_PAGE},
	{"GET", "/message/{}", sheet_page, NEED_READ, ROUTE_PAGE},
	{"GET", "/mid/{}", byid_page, NEED_READ, ROUTE_PAGE},
	{"GET", "/fields", advanced_fields, NEED_READ, ROUTE_PAGE},
	{"GET", "/help", advanced_help, NEED_READ, ROUTE_PAGE},
	{"GET", "/accounts", accounts_page, NEED_READ, ROUTE_PAGE},
	{"GET", "/not-searchable", unread_page, NEED_READ, ROUTE_PAGE},
	{"POST", "/tags", bulk_tag, NEED_TAG, ROUTE_PAGE},
	{"POST", "/tags/off", bulk_untag, NEED_TAG, ROUTE_PAGE},
	{"GET", "/exports", exports_page, NEED_EXPORT, ROUTE_PAGE},
	{"POST", "/exports", exports_new, NEED_EXPORT, ROUTE_PAGE},
	{"POST", "/exports/{}/end", exports_end, NEED_EXPORT, ROUTE_PAGE},
	{"POST", "/saved", shelf_new, NEED_TAG, ROUTE_PAGE},
	{"POST", "/saved/{}/remove", shelf_remove, NEED_TAG, ROUTE_PAGE},
	{"GET", "/pane", sheet_pane, NEED_READ, ROUTE_PAGE},
	{"GET", "/message/{}/html", reading_html, NEED_READ, ROUTE_PAGE},
	{"GET", "/problems/{}", problem_explain, NEED_NOTHING, ROUTE_PAGE},
	{"GET", "/style.css", style_css, NEED_NOTHING, 0},
	{"GET", "/sheaf.js", style_script, NEED_NOTHING, 0},
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
	{"GET", "/users", userpages_list, NEED_ADMIN, ROUTE_PAGE},
	{"POST", "/users", userwork_new, NEED_ADMIN, ROUTE_PAGE},
	{"GET", "/users/{}", userpages_one, NEED_ADMIN, ROUTE_PAGE},
	{"POST", "/users/{}/{}", userwork_do, NEED_ADMIN, ROUTE_PAGE},
	{"GET", "/audit", auditlist_page, NEED_AUDIT, ROUTE_PAGE},
	{"GET", "/api/v1/audit", auditlist_api, NEED_AUDIT, 0},
	{"GET", "/healthz", api_health, NEED_NOTHING, 0},
	{"GET", "/readyz", readiness_get, NEED_NOTHING, 0},
	{"GET", "/metrics", metrics_get, NEED_ADMIN, 0},
	{"GET", "/service", service_page, NEED_ADMIN, ROUTE_PAGE},
	{"GET", "/api/v1/service", service_api, NEED_ADMIN, 0},
	{"GET", "/api/v1/search", api_search, NEED_READ, 0},
	{"POST", "/api/v1/search", api_search, NEED_READ, 0},
	{"GET", "/api/v1/count", api_count, NEED_READ, 0},
	{"POST", "/api/v1/count", api_count, NEED_READ, 0},
	{"GET", "/api/v1/explain", api_explain, NEED_READ, 0},
	{"POST", "/api/v1/explain", api_explain, NEED_READ, 0},
	{"GET", "/api/v1/facets", facets_get, NEED_READ, 0},
	{"POST", "/api/v1/facets", facets_get, NEED_READ, 0},
	{"GET", "/api/v1/suggest", suggest_get, NEED_READ, 0},
	{"GET", "/api", openapi_page, NEED_READ, ROUTE_PAGE},
	{"GET", "/api/v1/openapi.json", openapi_json, NEED_READ, 0},
	{"GET", "/api/v1/accounts", listing_accounts, NEED_READ, 0},
	{"GET", "/api/v1/mailboxes", listing_mailboxes, NEED_READ, 0},
	{"GET", "/api/v1/status", listing_status, NEED_READ, 0},
	{"GET", "/api/v1/ledger", listing_ledger, NEED_READ, 0},
	{"GET", "/api/v1/not-searchable", unread_api, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}", api_message, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/html", reading_html, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/thread", threading_of, NEED_READ, 0},
	{"GET", "/api/v1/threads/{}", threading_one, NEED_READ, 0},
	{"GET", "/.well-known/jmap", jmap_session, NEED_READ, 0},
	{"GET", "/jmap/session", jmap_session, NEED_READ, 0},
	{"POST", "/jmap/api", jmap_api, NEED_READ, ROUTE_LIMIT},
	{"GET", "/jmap/download/{}/{}", jmap_download, NEED_READ, 0},
	{"GET", "/api/v1/tags", tagging_all, NEED_READ, 0},
	{"GET", "/api/v1/tags/{}", tagging_one, NEED_READ, 0},
	{"POST", "/api/v1/tags/{}", tagging_put, NEED_TAG, 0},
	{"DELETE", "/api/v1/tags/{}", tagging_take, NEED_TAG, 0},
	{"GET", "/api/v1/export", exporting_all, NEED_EXPORT, 0},
	{"POST", "/api/v1/export", exporting_new, NEED_EXPORT, 0},
	{"GET", "/api/v1/export/{}", exporting_one, NEED_EXPORT, 0},
	{"DELETE", "/api/v1/export/{}", exporting_cancel, NEED_EXPORT, 0},
	{"GET", "/api/v1/export/{}/file", exporting_file, NEED_EXPORT, 0},
	{"GET", "/api/v1/export/{}/manifest", exporting_manifest, NEED_EXPORT, 0},
	{"GET", "/api/v1/saved-searches", saving_all, NEED_READ, 0},
	{"POST", "/api/v1/saved-searches", saving_new, NEED_TAG, 0},
	{"GET", "/api/v1/saved-searches/{}", saving_one, NEED_READ, 0},
	{"PUT", "/api/v1/saved-searches/{}", saving_change, NEED_TAG, 0},
	{"DELETE", "/api/v1/saved-searches/{}", saving_remove, NEED_TAG, 0},
	{"GET", "/api/v1/saved-searches/{}/feed.atom", newsfeed_atom, NEED_READ, 0},
	{"GET", "/api/v1/saved-searches/{}/feed.json", newsfeed_json, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/raw", bytes_raw, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/text", bytes_text, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/headers", bytes_headers, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/parts", bytes_parts, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/parts/{}", bytes_part, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/parts/{}/text", bytes_part_text, NEED_READ, 0},
	{"GET", "/api/v1/messages/{}/copies", bytes_copies, NEED_READ, 0},
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
	const struct web_options *o;
	struct caller_rules rules;
	struct arena tokens; /* where those of the file live */
};

/* On every answer. A page loads our style sheet and script and sends us its form, nothing else;
 * all else loads nothing at all. */
static void add_headers(struct http_response *r)
{
	http_header(r, "Content-Type", r->type ? r->type : "text/plain; charset=utf-8");
	http_header(r, "Cache-Control", r->cache ? r->cache : "no-store");
	http_header(r, "X-Content-Type-Options", "nosniff");
	/* With "no-referrer" browsers would say of our own forms that they come from nowhere. */
	http_header(r, "Referrer-Policy", r->page ? "same-origin" : "no-referrer");
	http_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	http_header(r, "Cross-Origin-Opener-Policy", "same-origin");
	const char *policy =
		r->page ? "default-src 'none'; style-src 'self'; script-src 'self';"
			  " connect-src 'self'; img-src 'self'; frame-src 'self';"
			  " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
			: "default-src 'none'; base-uri 'none'; form-action 'none';"
			  " frame-ancestors 'none'; sandbox";
	http_header(r, "Content-Security-Policy", r->policy ? r->policy : policy);
}

/* Answers with what of an error may be told. */
static void fail(struct call *c, struct err *err, bool page, struct http_response *resp)
{
	if (err->kind == ERR_BROKEN)
		call_drop_db();
	call_tell(c, err);
	problem_answer(problem_of(err), err, page, c->arena, resp);
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
		fail(c, &err, page, resp);
	/* Nothing leaves that is not in the log. */
	if (auditing_after(c, route, resp, &err) < 0)
		problem_answer(PROBLEM_LATER, &err, page, c->arena, resp);
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
	return origin.n == 0 || (site.n && str_eq(origin, STR("null"))) ||
	       (str_ends(origin, req->host) && origin.n > req->host.n &&
		origin.p[origin.n - req->host.n - 1] == '/');
}

/* What is said of a request when it is over. */
struct trace {
	const struct route *route;
	const struct person *who;
};

/* Who reads no mail, but the log, begins there. */
static void refuse(const struct call *c, bool page, struct http_response *resp)
{
	if (c->url->n_segments == 0 && person_may(c->who, NEED_AUDIT))
		signon_go(resp, c->arena, STR("/audit"));
	else
		problem_answer(PROBLEM_RIGHT, NULL, page, c->arena, resp);
}

static void routed(const struct caller *caller, const struct http_request *req,
		   const struct url *url, struct http_response *resp, struct trace *trace)
{
	struct route_match m;
	int found = route_find(routes, sizeof routes / sizeof *routes, req->method, url, &m);
	bool api = url->n_segments && str_eq(url->segments[0], STR("api"));
	unsigned flags = found ? m.route->flags : api ? 0 : ROUTE_PAGE;
	bool page = flags & ROUTE_PAGE;
	struct call c = {.req = req, .url = url, .args = m.args, .arena = req->arena,
			 .who = caller->who, .csrf = caller->csrf};
	trace->route = found > 0 ? m.route : NULL;
	trace->who = c.who;
	enum route_need need = found ? m.route->need : NEED_READ;
	if (need && c.who->rights == 0 && page && caller->users)
		signon_redirect(req, resp);
	else if (need && c.who->rights == 0)
		problem_answer(PROBLEM_TOKEN, NULL, page, req->arena, resp);
	else if (!person_may(c.who, need))
		refuse(&c, page, resp);
	else if (!own_form(req) || (!(flags & ROUTE_FIRST) && !caller_meant(caller, req)))
		problem_answer(PROBLEM_FOREIGN, NULL, page, req->arena, resp);
	else if (found == 0)
		problem_answer(PROBLEM_NOT_FOUND, NULL, page, req->arena, resp);
	else if (found < 0)
		problem_answer(PROBLEM_METHOD, NULL, page, req->arena, resp);
	else if (req->too_large && !(flags & ROUTE_LIMIT))
		problem_answer(PROBLEM_TOO_LARGE, NULL, page, req->arena, resp);
	else
		run(m.route, &c, resp);
	if (resp->status == 401 || resp->status == 403)
		auditing_refused(&c, resp->status);
	if (resp->status == 405)
		http_header(resp, "Allow", arena_str(req->arena, str_of(m.allow)).p);
}

static void dispatch(struct web *w, const struct http_request *req, struct http_response *resp,
		     struct trace *trace)
{
	struct err err = {0};
	struct url url;
	struct caller caller;
	struct call nobody = {.req = req, .arena = req->arena};
	/* No route says yet whether a person asks or a program. */
	bool page = !str_starts(req->target, STR("/api/")) &&
		    !str_starts(req->target, STR("/jmap/"));
	if (caller_find(&w->rules, req, &caller, &err) < 0)
		fail(&nobody, &err, page, resp);
	else if (!safe_host(&caller, req))
		problem_answer(PROBLEM_DENIED, NULL, false, req->arena, resp);
	else if (req->too_long)
		problem_answer(PROBLEM_TOO_LONG, NULL, false, req->arena, resp);
	else if (url_parse(req->arena, req->target, &url, &err) < 0)
		problem_answer(PROBLEM_INPUT, &err, page, req->arena, resp);
	else
		routed(&caller, req, &url, resp, trace);
}

static void handle(void *arg, const struct http_request *req, struct http_response *resp)
{
	uint64_t start = log_now_us();
	struct trace trace = {NULL, NULL};
	dispatch(arg, req, resp, &trace);
	add_headers(resp);
	encode_answer(req, resp);
	/* Neither the target nor the query: they say what somebody looks for. */
	uint64_t us = log_now_us() - start;
	access_line(req, trace.route, trace.who, resp, us);
	metrics_count(trace.route, resp->status, us);
	log_line(LOG_DEBUG, "web: %.*s %d %llu ms", STR_ARG(str_cut(req->method, 0, 20)),
		 resp->status, (unsigned long long)us / 1000);
}

/* Where strangers can connect and nobody can log in yet, whoever reads the terminal makes the
 * first user. 1: *link holds the way; 0: no need; -1. */
static int first_user(const struct web *w, char link[NONCE_HEX + 1], struct err *err)
{
	if ((w->rules.loopback && !w->rules.elsewhere) || w->rules.by_file)
		return 0;
	int users = caller_users(err);
	if (users != 0)
		return users < 0 ? -1 : 0;
	return nonce_make(link, err);
}

/* ---- a HUP ---- */

static int reload_tokens(struct web *w, struct err *err)
{
	struct arena a = {0};
	struct auth fresh;
	if (auth_load(&a, w->o->token_file, &fresh, err) < 0) {
		arena_free(&a);
		return -1;
	}
	auth_replace(&w->rules.tokens, fresh);
	arena_free(&w->tokens);
	w->tokens = a;
	return 1;
}

static int reload_tls(struct web *w, struct http *http, struct err *err)
{
	struct arena a = {0};
	struct http_options h = {0};
	if (startup_tls(w->o, &a, &h, err) < 0) {
		arena_free(&a);
		return -1;
	}
	return http_renew(http, &h, &a, err);
}

/* What cannot be read leaves all as it was. */
static void reload(struct web *w, struct http *http)
{
	struct err err;
	if (w->o->token_file && reload_tokens(w, &err) < 0)
		log_line(LOG_ERROR, "the old tokens stay: %s", err.text);
	if (w->o->certificate && reload_tls(w, http, &err) < 0)
		log_line(LOG_ERROR, "the old certificate stays: %s", err.text);
	startup_reload();
}

static void wait_for_end(struct web *w, struct http *http)
{
	while (!proc_stopped()) {
		unsigned n = w->o->request_ms ? lobby_sweep(w->o->request_ms) : 0;
		if (n)
			log_line(LOG_INFO, "web: %u requests did not come in time", n);
		if (proc_reload())
			reload(w, http);
		http_tidy(http);
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	}
}

static int serve(struct web *w, const struct http_options *h, struct str url,
		 void (*ready)(void *arg, const char *url), void *arg, struct err *err)
{
	static char link[NONCE_HEX + 1];
	struct arena a = {0};
	struct http *http = NULL;
	struct call first = {.arena = &a, .who = &person_owner};
	struct qdb *db;
	int new = first_user(w, link, err);
	if (new < 0 || form_begin(err) < 0 ||
	    oidc_begin(&w->o->oidc, w->rules.secure, err) < 0)
		return -1;
	signon_begin(&w->rules, new ? link : NULL);
	/* An archive that cannot be opened is the operator's to see, now and not at the first
	 * request. */
	int r = call_db(&first, &db, err);
	arena_free(&a);
	if (r < 0 || http_start(&http, h, handle, w, err) < 0)
		return -1;
	ready(arg, url.p);
	if (new)
		fprintf(stderr, "there are no users yet; this link makes the first one:\n"
				"%.*ssetup?key=%s\n", STR_ARG(url), link);
	wait_for_end(w, http);
	ask_end_at(log_now_ms() + SEARCH_GRACE_MS);
	if (http_stop(&http, GRACE_MS) == 0) {
		log_line(LOG_WARN, "web: a request was still at work; stopping without it");
		startup_leave();
		_exit(0);
	}
	return 0;
}

int web_serve(const struct web_options *o, void (*ready)(void *arg, const char *url), void *arg,
	      struct err *err)
{
	struct arena a = {0};
	struct web w = {.o = o};
	struct listener l;
	struct http_options h = {.fd = -1, .threads = THREADS};
	int r = startup_bind(o, &l, &h.fd, err);
	if (r > 0 && o->token_file)
		r = auth_load(&w.tokens, o->token_file, &w.rules.tokens, err);
	w.rules.by_file = o->token_file;
	w.rules.loopback = r > 0 && listener_loopback(&l);
	w.rules.secure = o->secure || o->certificate;
	w.rules.elsewhere = o->proxy_header || o->oidc.issuer;
	call_found_at(o->oidc.public_url, w.rules.secure);
	w.rules.proxy_header = o->proxy_header;
	w.rules.proxies = str_of(o->proxies);
	metrics_begin(routes, sizeof routes / sizeof *routes, o->fares);
	proc_catch_stop();
	proc_catch_reload();
	if (r > 0)
		r = startup_prepare(o, &a, &h, err);
	if (r > 0)
		r = call_begin(o->archive_dir, err);
	if (r > 0) {
		ask_times(o->timeout_ms, o->timeout_max_ms);
		exporting_limits(&o->exports);
		listing_fares(o->fares);
		mail_init();
		struct str url = listener_url(&a, &l);
		if (h.certificate)
			url = arena_fmt(&a, "https%s", url.p + 4);
		r = serve(&w, &h, url, ready, arg, err);
		call_end();
	}
	startup_undo();
	arena_free(&w.tokens);
	arena_free(&a);
	return r;
}
