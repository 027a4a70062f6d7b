/* totp: a second factor, by a clock and by codes that work once.
 *
 * Source: RFC 6238 (SHA-1, 6 digits, 30 seconds; one step early or late is fine), RFC 4648 base32.
 * Shape: a code works once; after that only later ones do.
 * Memory: strings in the arena.
 */
#ifndef TOTP_H
#define TOTP_H

#include "arena.h"
#include "peopledb.h"

enum { TOTP_KEY = 20, TOTP_RECOVERY = 10 };

extern const char totp_schema[];

/* The code of a step (seconds / 30), 0 to 999999. */
unsigned totp_code(const unsigned char *key, size_t n, uint64_t step);
struct str totp_base32(struct arena *a, const unsigned char *p, size_t n);
/* Base32 to bytes, at most max. 1: *n_out; 0: it is none. */
int totp_unbase32(struct str s, unsigned char *out, size_t max, size_t *n_out);
/* Gives a user a new key: *url is the otpauth address for the authenticator, codes are
 * TOTP_RECOVERY one-time codes. What there was before is void. 1; 0 no such user; -1. */
int totp_enable(struct people *p, struct arena *a, struct str user, struct str *url,
		struct str codes[TOTP_RECOVERY], struct err *err);
/* No second factor any more. 1; 0 no such user; -1. */
int totp_disable(struct people *p, struct str user, struct err *err);
/* Is the code right, for a user whose key is `key` in base32? It is used up by that. 1; 0; -1. */
int totp_check(struct people *p, struct str user, struct str key, struct str code, int64_t now,
	       struct err *err);

#endif
