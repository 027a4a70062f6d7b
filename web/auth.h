/* auth: who may ask.
 *
 * What: bearer tokens from a file, one a line; '#' begins a comment line.
 * Source: RFC 6750 2.1 (Bearer). Browsers, which cannot send that by themselves, may give a
 *   token as the password of RFC 7617 (Basic), with any user name.
 * Limits: AUTH_MAX_TOKENS; a token is AUTH_MIN_TOKEN to 200 characters of RFC 6750's b64token.
 * Errors: ERR_DENIED, with what the operator must do.
 * Memory: only the tokens' hashes are kept.
 * Threads: auth_allows and auth_replace from any; one lock for all.
 */
#ifndef AUTH_H
#define AUTH_H

#include "arena.h"
#include "err.h"
#include "hash.h"

enum { AUTH_MAX_TOKENS = 1000, AUTH_MIN_TOKEN = 16 };

struct auth {
	unsigned char (*hashes)[HASH_BYTES];
	size_t n; /* 0: no tokens, everybody may */
};

/* Reads the token file into the arena; refuses one that others may read or change, one without
 * a token, or with a token that is weak or malformed. 1 or -1. */
int auth_load(struct arena *a, const char *path, struct auth *out, struct err *err);
/* Puts others in their place, while requests come. Theirs is what they are. */
void auth_replace(struct auth *to, struct auth by);
/* The token in the value of an Authorization field, "" when there is none. In the arena. */
struct str auth_presented(struct arena *a, struct str authorization);
/* Does the value of an Authorization field hold a token? Takes the same time for all. */
bool auth_allows(const struct auth *auth, struct arena *a, struct str authorization);

#endif
