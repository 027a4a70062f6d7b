/* imaplogin: login.h's words in IMAP.
 *
 * What: AUTHENTICATE, with SASL-IR where offered; the LOGIN command where nothing else is there.
 * Source: RFC 9051 6.2.2 and 6.2.3, RFC 4959 (SASL-IR), RFC 5530 (response codes).
 */
#ifndef IMAPLOGIN_H
#define IMAPLOGIN_H

#include "credential.h"
#include "session.h"

/* Logs in. As login_run. */
int imaplogin_run(struct session *s, const struct harvest_account *ac, struct credential *cred,
		  struct err *err);

#endif
