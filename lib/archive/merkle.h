/* merkle: a Merkle tree over a row of leaves that only grows.
 *
 * What: RFC 9162, sections 2.1.1 to 2.1.4, as they stand there; bytes to bytes, no I/O.
 * Shape: a tree is never held. merkle_add takes one leaf hash after another; a proof is a list
 *   of ranges of leaves whose heads the caller computes, each with a tree of its own.
 * Units: leaves count from 0, as in the RFC.
 */
#ifndef MERKLE_H
#define MERKLE_H

#include "hash.h"

#define MERKLE_MOST 66 /* hashes in a proof over fewer than 2^64 leaves */

/* The heads of the whole subtrees from the left, one for each bit of size. All zero: no leaves. */
struct merkle {
	uint64_t size;
	unsigned char hash[64][HASH_BYTES];
};
/* Leaves from..to-1. */
struct merkle_range {
	uint64_t from, to;
};
/* The head of a tree of that size. */
struct merkle_head {
	uint64_t size;
	unsigned char root[HASH_BYTES];
};
/* A proof: hashes from the leaves to the root. */
struct merkle_proof {
	size_t n;
	unsigned char hash[MERKLE_MOST][HASH_BYTES];
};

/* The hash of a leaf: SHA-256(0x00 || data). */
void merkle_leaf(struct str data, unsigned char out[HASH_BYTES]);
/* Adds the hash of the next leaf. */
void merkle_add(struct merkle *m, const unsigned char leaf[HASH_BYTES]);
/* The tree head (2.1.1). */
void merkle_root(const struct merkle *m, unsigned char out[HASH_BYTES]);
/* The hashes of *m that mean something, popcount(size) of them, largest subtree first: to be kept
 * and brought back. Writes to out (room for 64 hashes); returns the number of bytes. */
size_t merkle_save(const struct merkle *m, unsigned char *out);
/* 1; 0 the bytes are not those of a tree of that size. */
int merkle_load(struct merkle *m, uint64_t size, struct str bytes);

/* Whose heads make up the inclusion proof of leaf `index` (2.1.3.1), in its order. Returns how
 * many; 0 also when there is no such leaf. */
size_t merkle_inclusion(uint64_t index, uint64_t size, struct merkle_range out[MERKLE_MOST]);
/* The same for the consistency proof (2.1.4.1); none when the sizes are equal or old is 0. */
size_t merkle_consistency(uint64_t old, uint64_t size, struct merkle_range out[MERKLE_MOST]);
/* Does the proof show that the leaf with this hash is leaf `index` of the tree (2.1.3.2)? */
bool merkle_included(const unsigned char leaf[HASH_BYTES], uint64_t index,
		     const struct merkle_proof *p, const struct merkle_head *head);
/* Does it show that the old tree is the beginning of the other (2.1.4.2)? */
bool merkle_consistent(const struct merkle_head *old, const struct merkle_proof *p,
		       const struct merkle_head *head);

#endif
