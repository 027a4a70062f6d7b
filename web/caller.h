/* caller: who makes a request.
 *
 * What: by a token in the file the server was given (the owner), by a token of a user, by the
 *   name a trusted proxy gives, by the cookie of a session; else, where there are neither users
 *   nor tokens and only this machine can connect, the owner of the process.
 * Source: RFC 6750 2.1, RFC 7617, RFC 6265 (cookies).
 * Errors: ERR_BROKEN, ERR_LATER: people.db cannot be read. Nobody gets in by that.
 * Memory: in the request's arena.
 */
#ifndef CALLER_H
#define CALLER_H

#include "auth.h"
#include "http.h"
#include "person.h"

/* How people come in. */
struct caller_rules {
	bool by_file;             /* there is a file of tokens */
	struct auth tokens;       /* of the file */
	bool loopback;            /* only this machine can connect */
	bool secure;              /* browsers come by TLS: cookies only there */
	const char *proxy_header; /* holds the user's name, NULL: none */
	bool elsewhere;           /* a provider or proxy logs people in: nobody is owner by place */
	struct str proxies;       /* addresses it is believed from, with blanks between them */
};

struct caller {
	const struct person *who; /* without rights: nobody known */
	struct str csrf;          /* what forms must send, "": nothing came by itself */
	struct str cookie;        /* the secret of the session, "": none */
	bool by_place;            /* the owner, because of where the request comes from */
	bool users;               /* there are users, so that one can log in */
};

/* Works it out. 1 or -1. */
int caller_find(const struct caller_rules *rules, const struct http_request *req,
		struct caller *out, struct err *err);
/* May a request with these rights change something? A browser sends cookies also for what a page
 * elsewhere wants: forms must bring what only our pages know; JSON no form can send. */
bool caller_meant(const struct caller *caller, const struct http_request *req);
/* Is there any user? 1, 0 or -1. */
int caller_users(struct err *err);
/* A cookie of the request by name, "" when it was not sent. Borrowed. */
struct str caller_cookie(const struct http_request *req, struct str name);
/* The name of the session's cookie. */
const char *caller_cookie_name(const struct caller_rules *rules);

#endif
