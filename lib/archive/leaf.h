/* leaf: what the Merkle log holds of a message.
 *
 * Source: docs/formats/archive.md, "Proof". leaf data = SHA-256(salt || SHA-256 of the message ||
 *   the pax records of its member but the salt's), leaf hash = SHA-256(0x00 || leaf data).
 * Shape: the salt makes the leaf tell nothing once message and salt are destroyed.
 */
#ifndef LEAF_H
#define LEAF_H

#include "buf.h"
#include "err.h"
#include "hash.h"

#define LEAF_SALT 32

/* Random bytes for many salts: asking for them costs more than they do. All zeros to begin with,
 * and never shared with a forked process. */
struct leaf_salts {
	unsigned char bytes[128 * LEAF_SALT];
	size_t left;
};

/* 32 random bytes, which are forgotten there. */
void leaf_salt(struct leaf_salts *from, unsigned char out[LEAF_SALT]);
/* The leaf hash. */
void leaf_hash(const unsigned char salt[LEAF_SALT], const unsigned char message[HASH_BYTES],
	       struct str facts, unsigned char out[HASH_BYTES]);
/* Takes the records of a message's member apart: the salt, and the others appended to *facts.
 * 1; 0 there is no salt; -1 malformed (ERR_BROKEN). */
int leaf_records(struct str records, unsigned char salt[LEAF_SALT], struct buf *facts,
		 struct err *err);
/* The leaf hash that stands in the records of a destroyed message. 1; 0 none; -1 as above. */
int leaf_left(struct str records, unsigned char out[HASH_BYTES], struct err *err);
/* The leaf hash of a member, from its records and the hash of its bytes. As leaf_records. */
int leaf_of(struct str records, const unsigned char message[HASH_BYTES],
	    unsigned char out[HASH_BYTES], struct err *err);

#endif
