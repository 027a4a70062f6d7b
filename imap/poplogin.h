/* poplogin: login.h's words in POP3.
 *
 * What: AUTH, with the first word along where it is short enough; USER and PASS where nothing
 *   else is there. Not APOP: it rests on MD5, and needs the password in clear on the server.
 * Source: RFC 5034 (AUTH), RFC 1939 7 (USER, PASS), RFC 2449 6.3.
 */
#ifndef POPLOGIN_H
#define POPLOGIN_H

#include "credential.h"
#include "popsession.h"

/* Logs in. As login_run. */
int poplogin_run(struct popsession *s, const struct harvest_account *ac, struct credential *cred,
		 struct err *err);

#endif
