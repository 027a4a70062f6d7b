/* web: the front door of the HTTP service.
 *
 * What: REST under /api/v1 and plain pages, behind one libmicrohttpd adapter (http.h).
 * Source: RFC 9110 (HTTP), RFC 9457 (problem details), RFC 6750 (bearer tokens).
 * Shape: web.c holds the table of routes; route handlers stand in api.c, pages.c, sheet.c.
 * Limits: those of http.h and ask.h.
 * Memory: one arena for each request.
 * Threads: those of the HTTP library, each with its own read handle (call.h).
 * Errors: ERR_DENIED bad token file; ERR_LATER address in
 *   use; ERR_USAGE malformed address; those of query_db_open.
 */
#ifndef WEB_H
#define WEB_H

#include "auditing.h"
#include "err.h"
#include "job.h"
#include "metrics.h"
#include "oidc.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct web_options {
	const char *archive_dir;
	const char *listen;     /* "127.0.0.1:8425", "[::1]:8425"; port 0: any free one */
	const char *token_file; /* one bearer token a line; NULL: none */
	bool secure;            /* browsers reach it by TLS, if only at a proxy */
	const char *proxy_header; /* names the user, NULL: none */
	const char *proxies;    /* addresses it is believed from, with blanks between them */
	struct oidc_options oidc;
	uint64_t timeout_ms;    /* a search may take so long when nothing is said; 0: for ever */
	uint64_t timeout_max_ms; /* and no longer in any case; 0: for ever */
	uint64_t request_ms;    /* a request must be there whole in that time; 0: for ever */
	struct job_limits exports;
	struct auditing_options audit;
	const char *access_log; /* file, "-": standard error, NULL: none */
	const char *user;       /* to become once the socket is bound, NULL: none */
	const char *certificate, *key; /* PEM files for TLS, NULL: plain HTTP */
	const char *ocr;        /* languages of the words in pictures, "": they are not read */
	bool sandbox;           /* give up what is not needed (confine.h) */
	char *const *harvest;   /* the command to keep running, NULL: none */
	metrics_fares *fares;   /* how the accounts fare */
};
/* Serves until proc_stopped(). `ready` is called once with the address in use ("http://…/").
 * 0 after a clean stop, -1. Catches SIGTERM and SIGINT. When a request is still at work 0.7 s
 * after the stop, the process ends here with status 0: nothing it does needs an end. */
int web_serve(const struct web_options *o, void (*ready)(void *arg, const char *url), void *arg,
	      struct err *err);
/* Tells every method and path that is served, and the right it needs: "nothing", "read", "tag",
 * "export", "audit" or "admin". */
void web_routes(void (*each)(void *arg, const char *method, const char *path, const char *need),
		void *arg);

#endif
