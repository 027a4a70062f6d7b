/* catalog: the facts' file, catalog.db: its schema, segments, frames and messages.
 *
 * Source: docs/formats/archive.md. Copies, epochs and outcomes are in copies.h.
 * Shape: SQLite in WAL mode, synchronous=FULL; one writer, who holds one transaction per
 *   commit of the archive.
 * Errors: as db.h; ERR_BROKEN also for a file that is no catalog or a newer one.
 */
#ifndef CATALOG_H
#define CATALOG_H

#include "archive.h"
#include "db.h"
#include "segment.h"

/* Counters that a commit moves on. */
struct catalog_state {
	int64_t commits; /* commits done */
	int64_t change;  /* number of the last change */
	int64_t last;    /* highest message number */
	uint32_t segment; /* the one being filled, 0: none yet */
	uint64_t size;    /* committed bytes of it */
	bool outcomes;    /* are there any? */
	bool sealed;      /* that segment is sealed: nothing is appended to it */
};

/* Makes an empty catalog in dir, durable. 1 or -1. */
int catalog_create(const char *dir, struct err *err);
/* Makes one that nobody else sees yet, wherever `path` says (":memory:" and "" as SQLite has
 * them), and leaves it open, not yet in WAL mode. 1 or -1. */
int catalog_build(struct db **out, const char *path, struct err *err);
/* Opens it and checks that it is one. 1; 0 there is none; -1. */
int catalog_open(struct db **out, const char *dir, enum db_mode mode, struct err *err);
/* The counters as committed. */
int catalog_load(struct db *db, struct catalog_state *out, struct err *err);
/* Notes the counters, before the transaction is committed. */
int catalog_save(struct db *db, const struct catalog_state *s, struct err *err);
/* Before writing: is every finished segment as long as the catalog says, and does it know
 * every segment file that holds data? 1; -1 ERR_BROKEN with the file named. */
int catalog_check(struct db *db, const char *dir, struct err *err);
/* Makes segment `number` known, empty. */
int catalog_segment(struct db *db, uint32_t number, struct err *err);
int catalog_frame(struct db *db, uint32_t segment, const struct segment_frame *f, struct err *err);
/* Adds a message and its leaf hash; m->frame_end is not looked at. */
int catalog_add(struct db *db, const struct archive_msg *m, const unsigned char leaf[HASH_BYTES],
		struct err *err);
/* The number of the message with that hash. 1; 0 none; -1. Sees what is not committed too. */
int catalog_number(struct db *db, const unsigned char hash[HASH_BYTES], uint64_t *out,
		   struct err *err);
/* By number, by hex prefix: as archive_find and archive_find_id. */
int catalog_find(struct db *db, uint64_t number, struct archive_msg *out, struct err *err);
int catalog_find_id(struct db *db, struct str hex, struct archive_msg *out, struct err *err);
int catalog_totals(struct db *db, int64_t epoch, struct archive_totals *out, struct err *err);

#endif
