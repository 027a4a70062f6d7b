/* password: what is stored of a password, and whether one fits.
 *
 * Source: RFC 7914 (scrypt), by OpenSSL.
 * Shape: "scrypt$LOG2N$R$P$SALT$HASH", so that the cost can grow without asking anybody anew.
 * Limits: PASSWORD_MIN to PASSWORD_MAX bytes. One is worked out at a time, in 32 MiB, whatever
 *   the number of threads.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include "arena.h"
#include "err.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 1000 };

/* What to store of a new password, in the arena. 1 or -1 (ERR_INPUT: too short or too long). */
int password_hash(struct arena *a, struct str password, struct str *out, struct err *err);
/* Does it fit? Nothing fits "" or what is malformed, and finding that out takes as long. */
bool password_fits(struct str stored, struct str password);

#endif
