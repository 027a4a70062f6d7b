/* http: the adapter around libmicrohttpd, and the only file that knows it.
 *
 * What: requests and responses as plain structs; one handler for all of them.
 * Source: RFC 9110, RFC 9112.
 * Shape: a pool of the library's threads; the handler runs in one of them.
 * Limits: HTTP_MAX_CONNECTIONS; HTTP_MAX_TARGET, HTTP_MAX_BODY (told to the handler by
 *   `too_long`, `too_large`); line and headers together in HTTP_MEMORY (the library answers
 *   431 itself); the bodies of all requests together in HTTP_MAX_BODIES; connections idle for
 *   HTTP_IDLE seconds are closed.
 * Streams: an answer of unknown length is made piece by piece, when the reader has room for more.
 * Memory: a request's slices live until its handler has returned. Bodies above HTTP_SPILL wait
 *   in an unlinked temporary file, so that slow readers cost no memory.
 * Threads: the handler is called from several threads at once.
 */
#ifndef HTTP_H
#define HTTP_H

#include "arena.h"
#include "buf.h"
#include "err.h"

enum {
	HTTP_MAX_CONNECTIONS = 4096,
	HTTP_MAX_TARGET = 16 << 10,
	HTTP_MAX_BODY = 1 << 20,
	HTTP_MAX_BODIES = 64 << 20,
	HTTP_MAX_DROPPED = 16 << 20, /* of a body that is too large */
	HTTP_MEMORY = 48 << 10,
	HTTP_IDLE = 30,
	HTTP_MAX_HEADERS = 24,
	HTTP_MAX_ANSWER = 96 << 20,
	HTTP_SPILL = 1 << 20,
	HTTP_FLOW = 32 << 10
};

struct http_request {
	struct str method, target; /* as sent; the target still escaped */
	/* Header fields, "" when not sent. */
	struct str host, authorization, if_none_match, accept, accept_encoding, range, if_range;
	struct str content_type, cookie, origin, fetch_site;
	struct str body;           /* all of it */
	struct str peer;           /* the client's address without port; "" when it has none */
	struct str id;             /* of this request, for logs and answers */
	bool two_hosts;            /* more than one Host field */
	bool too_long, too_large;  /* the target, the body */
	struct arena *arena;       /* dies when the handler has returned, or with the stream */
	void *link;                /* for http_gone */
};

/* An answer that is made while it is sent. What the request's arena holds lives until its end. */
struct http_stream {
	/* Appends the next piece. 1; 0: it was the last. NULL: there is no stream. */
	int (*more)(void *arg, struct buf *out);
	void (*end)(void *arg); /* frees; called once, however it ends */
	void *arg;
};

struct http_header {
	const char *name; /* a constant */
	const char *value; /* a constant, or in the request's arena; copied */
};

struct http_response {
	struct str id;    /* the request's; stays as it is */
	int status;       /* 200 at first */
	const char *type; /* a constant; NULL: plain text */
	bool page;        /* may load our style sheet */
	const char *policy; /* Content-Security-Policy, a constant; NULL: the usual one */
	const char *cache; /* Cache-Control; NULL: no-store */
	struct buf body;  /* starts empty with the maximum HTTP_MAX_ANSWER */
	int fd;           /* instead of body when >= 0; taken over */
	uint64_t fd_from, fd_size; /* so many of its bytes, from there on */
	struct http_stream stream; /* instead of both when it has `more`; taken over */
	struct http_header headers[HTTP_MAX_HEADERS];
	size_t n_headers;
};

/* Fills in the response; cannot fail. HEAD is the adapter's business: answer it like GET. */
typedef void http_handler(void *arg, const struct http_request *req, struct http_response *resp);

struct http;

struct http_options {
	int fd;                       /* a listening socket, taken over */
	unsigned threads;
	const char *certificate, *key; /* PEM texts, borrowed for ever; NULL: no TLS */
};

/* Serves requests until http_stop. 1 or -1. */
int http_start(struct http **out, const struct http_options *o, http_handler *handle, void *arg,
	       struct err *err);
/* Speaks TLS with another certificate from now on; the texts in `pem` are o's, and taken over in
 * any case. Connections that are open keep theirs. 1; 0 it is the same; -1: all is as it was. */
int http_renew(struct http *h, const struct http_options *o, struct arena *pem, struct err *err);
/* Ends what old connections needed, once they are over. Call it now and then. */
void http_tidy(struct http *h);
/* Takes no new connections, waits up to `grace_ms` for answers that are being made or sent, or
 * until proc_stopped() is 2, and ends all threads. What is idle ends at once.
 * 1; 0: a handler is still at work, and *h stays as it is: leave the process. */
int http_stop(struct http **h, unsigned grace_ms);
/* Has the client closed its side of the connection? `link` is that of the request, good until
 * its answer is sent. */
bool http_gone(void *link);
/* Empties a response that the handler had begun. */
void http_reset(struct http_response *resp);
/* A header field of the request by name, "" when it was not sent. Borrowed. */
struct str http_field(void *link, const char *name);
/* An unlinked temporary file in $TMPDIR or /var/tmp, for http_response.fd. Its descriptor or -1. */
int http_temp(struct err *err);
/* Adds a header; more than HTTP_MAX_HEADERS is a programming mistake. */
void http_header(struct http_response *resp, const char *name, const char *value);

#endif
