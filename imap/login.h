/* login: proving who we are.
 *
 * What: AUTHENTICATE with the strongest mechanism that both sides know (mech.h, sasl.h), with
 *   SASL-IR where offered; the LOGIN command where nothing else is there.
 * Source: RFC 9051 6.2.2 and 6.2.3, RFC 4959 (SASL-IR), RFC 5802 6 (channel binding).
 */
#ifndef LOGIN_H
#define LOGIN_H

#include "credential.h"
#include "session.h"

/* Logs in. A refused password is not tried another way, with two exceptions: a channel binding
 * the server cannot use (another binding, then SCRAM without, unless a binding has worked with
 * this server before), and an access token that it no longer takes (a new one, once). 1 or -1
 * (ERR_DENIED refused; ERR_LATER the server has no time). No secret is in *err. */
int login_run(struct session *s, const struct harvest_account *ac, struct credential *cred,
	      struct err *err);

#endif
