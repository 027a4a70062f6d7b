/* disposaldb: disposals in the catalog.
 *
 * Source: docs/formats/archive.md, the tables `disposals` and `messages`.
 * Errors: as db.h.
 */
#ifndef DISPOSALDB_H
#define DISPOSALDB_H

#include "db.h"
#include "disposal.h"

/* Masks messages for a disposal, which is made if it is not there yet. 1 or -1. */
int disposaldb_add(struct db *db, const struct disposal *d, const uint32_t *numbers, size_t n,
		   struct err *err);
/* Ends it as d->state says, with d->ended and d->ended_by. Of a destroyed message stay number,
 * sizes, place and leaf; of its copies mailbox, UID, modseq, run and when they were seen. 1 or
 * -1. */
int disposaldb_end(struct db *db, const struct disposal *d, struct err *err);
/* In the arena. 1; 0 none; -1. */
int disposaldb_get(struct db *db, struct arena *a, int64_t id, struct disposal *out,
		   struct err *err);
/* As disposal_list and disposal_masked. */
int disposaldb_list(struct db *db, struct arena *a, const struct disposal **out, size_t *n_out,
		    struct err *err);
int disposaldb_masked(struct db *db, struct arena *a, const uint32_t **out, size_t *n_out,
		      struct err *err);
/* Is there a message of that number, and is it destroyed? 1; 0; -1. */
int disposaldb_destroyed(struct db *db, uint64_t number, struct err *err);
/* Does the copy belong to a destroyed message? 1; 0; -1. */
int disposaldb_copy_destroyed(struct db *db, int64_t epoch, uint32_t uid, struct err *err);

#endif
