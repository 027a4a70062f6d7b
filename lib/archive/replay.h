/* replay: what the segments tell, put into a catalog.
 *
 * What: takes the events of segcheck, one after another, gathers them to commits and applies each
 *   commit in the order of its changes. What does not fit together is a finding; everything else
 *   is applied all the same.
 * Source: docs/formats/archive.md, section 2.
 * Memory: the changes of one commit (a few hundred bytes each).
 * Errors: as db.h; damage is a finding, not an error.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "catalog.h"
#include "findings.h"
#include "segcheck.h"

struct replay;

/* What went by. */
struct replay_counts {
	uint64_t frames, messages, facts, commits;
	uint64_t raw;        /* bytes of the frames' content */
	uint64_t unfinished; /* bytes behind the last commit */
};

/* Into an empty catalog, which gets a row for each range; all are borrowed. 1 or -1. */
int replay_start(struct replay **out, struct db *db, struct findings *f,
		 const struct segcheck_range *ranges, size_t n, struct err *err);
/* The next event. 1 or -1. */
int replay_take(struct replay *r, const struct segcheck_event *e, struct err *err);
/* All events were taken. What stands behind the last commit is dropped when `open_end` says that
 * the last range may hold unfinished work and it looks like that; else it is applied and a
 * finding. 1 or -1. */
int replay_end(struct replay *r, bool open_end, struct replay_counts *out, struct err *err);
/* Accepts NULL. */
void replay_free(struct replay **r);

#endif
