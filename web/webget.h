/* webget: asking other servers over HTTP. Only oidc.c does, and only the provider it was given.
 *
 * Shape: by TLS with its certificate checked; without it only from this machine's own loopback.
 *   No redirects are followed.
 * Limits: WEBGET_MAX bytes of answer, WEBGET_SECONDS.
 * Errors: ERR_NET.
 */
#ifndef WEBGET_H
#define WEBGET_H

#include "buf.h"
#include "err.h"

enum { WEBGET_MAX = 256 << 10, WEBGET_SECONDS = 10 };

/* Once, before there are threads. */
void webget_begin(void);
/* GET, or POST of a form when that is not NULL; login: "user:password" or NULL. Appends the body of
 * a 200 answer. 1 or -1. */
int webget(const char *url, const char *form, const char *login, struct buf *out,
	   struct err *err);

#endif
