/* backup: a copy of an archive in another directory, brought up to date.
 *
 * What: first a snapshot of the catalog, then the segments up to the sizes it names (their bytes
 *   are append-only, so they are there), then every other file but the index; the catalog gets its
 *   name last. Only what is new is copied. The copy is an archive itself.
 * Shape: reads like any reader, beside a writer at work. In the copy it takes the writer's lock.
 *   Each file is made whole under a temporary name, and then renamed. Interrupted anywhere, the
 *   copy reads as the older backup did, and the next run goes on.
 * Errors: ERR_INPUT the directory holds another archive; ERR_LATER somebody writes there, or asked
 *   to stop; ERR_BROKEN damage, or the disk is full.
 */
#ifndef BACKUP_H
#define BACKUP_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

struct backup_result {
	uint64_t messages, commits; /* in the copy now */
	uint64_t copied, kept;      /* segments */
	uint64_t bytes;             /* of segments and catalog, copied */
};

/* Brings the copy of the archive `dir` in the directory `to` (made if missing) up to date. 1 or
 * -1. Files there are replaced by newer ones, never only removed. */
int backup_run(const char *dir, const char *to, bool progress, struct backup_result *r,
	       struct err *err);

#endif
