/* kin: what a message says of its relatives, as numbers.
 *
 * What: hashes of Message-IDs (its own, those it refers to) and the keys it shares with its thread:
 *   messages with a key in common are of one thread. Pure; depends on the message alone.
 * Source: RFC 5322 3.6.4; docs/decisions/0010-threads.md.
 * Limits: of References the first and the last KIN_REFS - 1 are kept, and three of them count as
 *   keys, so that a forged list joins three threads at most.
 * Shape: a plain struct without pointers, which may be written to a file of this machine.
 */
#ifndef KIN_H
#define KIN_H

#include "mail.h"

enum { KIN_REFS = 12, KIN_FIRM = 4, KIN_LOOSE = 12 };
/* No usable Date. */
#define KIN_UNDATED INT64_MAX

struct kin {
	uint64_t number;
	int64_t date;            /* seconds UTC, of the Date field */
	uint64_t hash;           /* the first 8 bytes of the message's SHA-256 */
	uint64_t id;             /* of its Message-ID, 0: none */
	uint64_t refs[KIN_REFS]; /* oldest first */
	uint64_t firm[KIN_FIRM]; /* keys that join whoever has them */
	uint64_t loose[KIN_LOOSE]; /* of the subject: they join once a reply has them */
	uint8_t n_refs, n_firm, n_loose;
	bool reply;              /* says so by its subject or its references */
	bool asks;               /* its loose keys join: a reply that refers to nothing */
};

/* What the message says. In the arena: scratch only. hash: its SHA-256. */
void kin_make(struct arena *a, const struct mail *m, const unsigned char *hash, struct kin *out);
/* The key of a Message-ID, with its angle brackets. */
uint64_t kin_id(struct str id);
/* The key of a server's own name of a thread in an account. */
uint64_t kin_server(struct arena *a, struct str account, struct str threadid);

#endif
