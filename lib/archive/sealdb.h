/* sealdb: seals and leaves in the catalog.
 *
 * Source: docs/formats/archive.md, the tables `segments` and `messages`.
 * Errors: as db.h.
 */
#ifndef SEALDB_H
#define SEALDB_H

#include "arena.h"
#include "db.h"
#include "merkle.h"

struct sealdb_row {
	uint32_t segment;
	uint64_t size;   /* of the segment's file */
	struct str seal; /* text of its seal, empty: not sealed */
	struct str tree; /* as merkle_save gave it at the seal, empty: not known */
};
/* What the catalog knows of the messages behind number `after`. */
struct sealdb_sums {
	uint64_t messages, bytes, first, last; /* first and last: 0 when there are none */
};

/* The row of a segment, or with segment 0 of the one sealed last; in the arena. 1; 0 none; -1. */
int sealdb_get(struct db *db, struct arena *a, uint32_t segment, struct sealdb_row *out,
	       struct err *err);
/* Notes size, seal and tree. */
int sealdb_put(struct db *db, const struct sealdb_row *row, struct err *err);
/* Sums over the messages numbered above `after` and, unless it is 0, up to `to`. */
int sealdb_sum(struct db *db, uint64_t after, uint64_t to, struct sealdb_sums *out,
	       struct err *err);
/* The leaf hash of a message. 1; 0 no such message; -1. */
int sealdb_leaf(struct db *db, uint64_t number, unsigned char out[HASH_BYTES], struct err *err);
/* Adds leaves to the tree until it has `to`. ERR_BROKEN when one is missing. */
int sealdb_grow(struct db *db, struct merkle *m, uint64_t to, struct err *err);
/* Computes the hashes of a proof from its ranges. 1 or -1. */
int sealdb_proof(struct db *db, const struct merkle_range *ranges, size_t n,
		 struct merkle_proof *out, struct err *err);

#endif
