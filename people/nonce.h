/* nonce: what nobody can guess.
 *
 * Shape: NONCE_BYTES random bytes in hex. Only hashes of such secrets are stored; they need no
 *   salt and no slow hash, because nobody can try them all.
 */
#ifndef NONCE_H
#define NONCE_H

#include "err.h"
#include "hash.h"

enum { NONCE_BYTES = 32, NONCE_HEX = 64 };

/* New ones: lower-case hex with a NUL; n plain bytes. 1 or -1 (no randomness). */
int nonce_make(char out[NONCE_HEX + 1], struct err *err);
int nonce_bytes(unsigned char *out, size_t n, struct err *err);
/* Are these the same bytes? Takes the same time wherever they differ. */
bool nonce_same(struct str a, struct str b);

#endif
