/* hash: SHA-256 (FIPS 180-4, OpenSSL) and hexadecimal.
 *
 * Shape: a message's identity is the SHA-256 of its bytes.
 */
#ifndef HASH_H
#define HASH_H

#include "str.h"

#define HASH_BYTES 32
#define HASH_HEX 64

struct hash_ctx;

/* A running hash. hash_end writes the 32 bytes and makes it ready for the next message. */
struct hash_ctx *hash_new(void);
void hash_add(struct hash_ctx *h, const void *p, size_t n);
/* Adds another hash as a line of hex: so digests of lists of messages are made. */
void hash_add_line(struct hash_ctx *h, const unsigned char hash[HASH_BYTES]);
void hash_end(struct hash_ctx *h, unsigned char out[HASH_BYTES]);
void hash_free(struct hash_ctx **h);
/* One call for bytes at hand. */
void hash_of(struct str s, unsigned char out[HASH_BYTES]);
/* Lower-case hex with a NUL; out holds 2n+1 bytes. */
void hash_hex(const unsigned char *p, size_t n, char *out);
/* Hex digits (either case, an even number, at most 2*max) to bytes. 1: *n_out bytes; 0: not hex. */
int hash_unhex(struct str hex, unsigned char *out, size_t max, size_t *n_out);

#endif
