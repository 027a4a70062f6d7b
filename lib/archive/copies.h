/* copies: where messages stand: epochs, copies, outcomes, in the catalog.
 *
 * Shape: plain SQL on an open catalog; what is worth recording in the segments too is told to
 *   the caller by the return value. `now` is seconds UTC.
 * Errors: as db.h.
 */
#ifndef COPIES_H
#define COPIES_H

#include "archive.h"
#include "db.h"

/* Finds an epoch by its names, else makes it. 1 made; 0 was there; -1. *e is filled in. */
int copies_epoch(struct db *db, struct archive_epoch *e, struct err *err);
/* Sets uidnext and highestmodseq. 1 changed; 0 same or no such epoch; -1. */
int copies_epoch_seen(struct db *db, const struct archive_epoch *e, struct err *err);
/* The names of an epoch, in the arena. 1; 0 none; -1. */
int copies_epoch_find(struct db *db, struct arena *a, int64_t id, struct archive_epoch *out,
		      struct err *err);
int copies_epochs(struct db *db, struct arena *a, const struct archive_epoch **out, size_t *n_out,
		  struct err *err);
/* The newest run of the epoch. */
int copies_epoch_run(struct db *db, int64_t epoch, int64_t run, struct err *err);
/* A new run. */
int copies_run(struct db *db, int64_t now, int64_t *run_out, struct err *err);

/* Adds a copy; c->message is set, c->uid 0 takes the next free one. *last (or NULL) saves asking
 * for that: the UID that was given last in the epoch, 0 not known. 1 new or changed; 0 known
 * already, just as it is; -1. */
int copies_add(struct db *db, struct archive_copy *c, uint32_t *last, int64_t now,
	       struct err *err);
/* New flags. 1 changed; 0 not, or no such copy; -1. `*modseq_out`: was modseq new? */
int copies_flags(struct db *db, const struct archive_copy *c, int64_t now, bool *modseq_out,
		 struct err *err);
/* The server no longer has it. 1 recorded; 0 was known, or no such copy; -1. */
int copies_vanished(struct db *db, int64_t epoch, uint32_t uid, int64_t now, struct err *err);
int copies_outcome(struct db *db, const struct archive_copy *where, enum archive_outcome outcome,
		   struct str reason, int64_t now, struct err *err);
/* Forgets the outcome of a UID, which is stored now. 1; 0 there was none; -1. */
int copies_settled(struct db *db, int64_t epoch, uint32_t uid, struct err *err);

/* As the front door says. */
int copies_of(struct db *db, struct arena *a, uint64_t number, const struct archive_copy **out,
	      size_t *n_out, struct err *err);
int copies_uids(struct db *db, struct arena *a, int64_t epoch, const uint32_t **out,
		size_t *n_out, struct err *err);
int copies_present(struct db *db, struct arena *a, int64_t epoch, const uint32_t **out,
		   size_t *n_out, struct err *err);
int copies_has_source(struct db *db, int64_t epoch, struct str source, struct err *err);
int copies_select(struct db *db, struct arena *a, const struct archive_select *s,
		  const uint32_t **out, size_t *n_out, struct err *err);

#endif
