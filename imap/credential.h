/* credential: what one account can show to a server.
 *
 * What: its password or its access token, fetched when first needed, renewed before the token
 *   ends; and what earlier logins taught (authstate.h).
 * Memory: opaque; secrets are wiped by credential_close.
 * Errors: ERR_DENIED a person must act (its text says what); ERR_NET, ERR_LATER the token
 *   server.
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "authconf.h"
#include "authstate.h"

struct credential;

/* Prepares; protects the process from core dumps. `dir` is the archive's directory; all
 * arguments are borrowed. A password is read at once. 1 or -1. Close with credential_close. */
int credential_open(struct credential **out, const struct authconf *conf, struct str account,
		    const char *dir, struct err *err);
/* The password; empty when there is none. Borrowed. */
struct str credential_password(const struct credential *c);
/* The access token, a new one when the old is about to end, or, with `renew`, in any case: the
 * server refused it. Borrowed until the next call. 1 or -1. */
int credential_token(struct credential *c, bool renew, struct str *out, struct err *err);
/* What this server ("host:port") offered before. Never NULL; empty for another server. */
const struct authstate *credential_history(struct credential *c, const char *server);
/* Remembers that a login went well: SCRAM was offered, and a binding (or NULL) worked. Failing
 * to write it down is only warned of. */
void credential_learn(struct credential *c, const char *server, bool scram, const char *binding);
/* Keeps the tokens of a fresh grant. 1 or -1. */
int credential_grant(struct credential *c, const struct oauthjson *grant, struct err *err);
/* Wipes and frees. Accepts NULL. */
void credential_close(struct credential **c);

#endif
