/* login: proving who we are.
 *
 * What: AUTHENTICATE PLAIN (RFC 4616, with SASL-IR of RFC 4959 where offered), else LOGIN.
 * Shape: more mechanisms go into the table in login.c.
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "session.h"

/* Logs in with the best mechanism both sides know, once: a refused password is not tried
 * again another way. 1 or -1 (ERR_DENIED refused; ERR_LATER the server has no time). */
int login_run(struct session *s, const struct harvest_account *ac, struct str password,
	      struct err *err);
/* The password of an account, from its file or command, into out (at most n-1 bytes, and a
 * NUL). 1 or -1 (ERR_DENIED). */
int login_password(const struct harvest_account *ac, char *out, size_t n, struct err *err);

#endif
