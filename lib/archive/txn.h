/* txn: what a writer changes between two commits.
 *
 * What: the segment being filled, the facts that wait for their member, the counters, and the
 *   catalog's transaction; they move on together or not at all.
 * Source: docs/formats/archive.md, "The order of durability".
 * Shape: part of `struct archive`; txn_begin before a change, txn_change for its number,
 *   txn_changed behind it, txn_commit now and then.
 * Errors: after one (ERR_LATER before a transaction excepted) nothing more can be written.
 */
#ifndef TXN_H
#define TXN_H

#include "catalog.h"
#include "facts.h"
#include "pending.h"
#include "spool.h"

struct txn {
	const char *dir; /* borrowed, as db is */
	struct db *db;
	bool open;           /* txn_open was called */
	uint64_t full;       /* bytes at which a segment is sealed */
	struct segment *seg; /* being filled; NULL: none yet, or it is sealed */
	struct pending pending; /* messages in it that the catalog does not have yet */
	struct facts facts;
	struct buf head;                     /* of the member being made */
	struct catalog_state committed, now; /* now: with the transaction at hand */
	bool changing, committing;           /* a transaction is open; COMMIT has been asked for */
	uint64_t since_ms, gathered;         /* of that transaction */
	struct err broken; /* kind ERR_BROKEN: why nothing more can be written */
};

/* An archive's, for this room only; of one opened for reading only dir and db are set. Borrowed. */
struct txn *archive_txn(struct archive *ar);
/* Before any change to it. 1 or -1. */
int archive_change(struct archive *ar, struct err *err);

/* Loads the counters, checks the segments, cuts off what a crash left. dir and db are borrowed.
 * 1 or -1; txn_close either way. */
int txn_open(struct txn *t, const char *dir, struct db *db, struct err *err);
/* Drops what is not committed; accepts what was never opened. */
void txn_close(struct txn *t);
/* Has the segment at hand, with nothing uncommitted in it, come to its end? */
bool txn_full(const struct txn *t);
/* Before any change. 1 or -1. */
int txn_begin(struct txn *t, struct err *err);
/* The number of the next change, which is about to be told. */
void txn_change(struct txn *t);
/* After a change: 1, or gives up. */
int txn_changed(struct txn *t, struct err *err);
/* Appends a message, whose member's headers stand in t->head, to the segment; and to the catalog,
 * when its frame is written. Sets m's frame and offset for that. 1 or -1. */
int txn_message(struct txn *t, const struct spool_body *body, struct archive_msg *m,
		const unsigned char leaf[HASH_BYTES], struct err *err);
/* Makes durable what was changed. 1, or gives up. */
int txn_commit(struct txn *t, struct err *err);
/* Gives up the transaction; from now on nothing can be written. Returns -1. */
int txn_give_up(struct txn *t, struct err *err);

#endif
