/* timestamp: asking for an RFC 3161 timestamp, and checking the answer.
 *
 * What: bytes to bytes, no network; the standard's ASN.1 and signatures are OpenSSL's.
 * Shape: the answer (TimeStampResp, DER) holds a token, signed by the time authority, with its
 *   certificates in it. Those only show that the token is whole: anybody can make such a
 *   certificate. Who signed is known only against a root the caller trusts.
 * Time: certificates are judged at the time in the token, so that they may expire later.
 *   Revocation is not asked for.
 * Limits: answers to TIMESTAMP_MOST bytes.
 * Errors: ERR_INPUT for every answer that is not sound; ERR_DENIED: the file of roots is no use.
 */
#ifndef TIMESTAMP_H
#define TIMESTAMP_H

#include "buf.h"
#include "err.h"
#include "hash.h"

#define TIMESTAMP_MOST ((size_t)64 << 10)
#define TIMESTAMP_NONCE 16

/* What the answer must fit. */
struct timestamp_want {
	const unsigned char *imprint; /* SHA-256, HASH_BYTES */
	const unsigned char *nonce;   /* as asked, NULL: not looked at */
	const char *roots;            /* file of trusted certificates (PEM), NULL: none */
};

/* What a sound answer says. */
struct timestamp {
	int64_t at;       /* seconds UTC */
	char signer[200]; /* subject of the signing certificate, printable ASCII */
};

/* Appends a request (DER) for that imprint, with a fresh nonce, and asks for certificates. */
void timestamp_request(const unsigned char imprint[HASH_BYTES],
		       unsigned char nonce[TIMESTAMP_NONCE], struct buf *out);
/* Is the answer granted, for that imprint and nonce, with a sound signature, by a certificate for
 * timestamps (one that the roots vouch for, when they are given)? 1 or -1. */
int timestamp_check(struct str answer, const struct timestamp_want *want, struct timestamp *out,
		    struct err *err);

#endif
