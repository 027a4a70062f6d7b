/* web: the front door of the HTTP service.
 *
 * What: REST under /api/v1 and plain pages, behind one libmicrohttpd adapter (http.h).
 * Source: RFC 9110 (HTTP), RFC 9457 (problem details), RFC 6750 (bearer tokens).
 * Limits: request line and headers 32 KiB, body 64 KiB, 256 connections.
 * Errors: ERR_DENIED bound beyond loopback without tokens; ERR_LATER address in use.
 */
#ifndef WEB_H
#define WEB_H

#include "err.h"

struct web_options {
	const char *archive_dir;
	const char *listen;     /* "127.0.0.1:8425", "[::1]:8425"; port 0: any free one */
	const char *token_file; /* one bearer token a line; NULL: none */
};
/* Serves until proc_stopped(). `ready` is called once with the address in use ("http://…/").
 * 0 after a clean stop, -1. */
int web_serve(const struct web_options *o, void (*ready)(void *arg, const char *url), void *arg,
	      struct err *err);

#endif
