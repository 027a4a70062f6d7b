/* jwt: signed claims, as OpenID Connect sends them.
 *
 * Source: RFC 7515 (JWS, compact form), RFC 7517 (keys), RFC 7518 (RS256, ES256), RFC 7519.
 * Shape: only these two algorithms, and only with a key of the set; a token never chooses to
 *   go without a signature.
 * Limits: JWT_MAX bytes; RSA keys of 2,048 to 8,192 bits.
 * Errors: ERR_DENIED with what does not fit.
 */
#ifndef JWT_H
#define JWT_H

#include "arena.h"
#include "err.h"

#include <jansson.h>

enum { JWT_MAX = 64 << 10, JWT_LEEWAY = 60 /* seconds that clocks may differ */ };

/* What an ID token must say. */
struct jwt_want {
	struct str issuer, audience, nonce;
	int64_t now;
};

/* Checks the signature by the keys of a set. 1: *claims is a new reference; 0: the set has no key
 * of that name (perhaps a newer one has); -1. */
int jwt_verify(struct arena *a, struct str token, const json_t *keys, json_t **claims,
	       struct err *err);
/* Is this an ID token for us, now (OpenID Connect Core 3.1.3.7)? 1 or -1. */
int jwt_check(const json_t *claims, const struct jwt_want *want, struct err *err);
/* Bytes of base64url text without padding, in the arena. 1; 0: it is none. */
int jwt_bytes(struct arena *a, struct str text, struct str *out);
/* Bytes as base64url without padding, in the arena. */
struct str jwt_text(struct arena *a, struct str bytes);

#endif
