/* indexer: the front door of the indexer. Archive -> index segments.
 *
 * What: worker processes each take a run of message numbers and build one immutable segment;
 *   the parent publishes the list and merges neighbours in tiers. A message that kills its
 *   worker is isolated by bisection and quarantined (it stays a candidate of every search).
 * Shape: one updater, one rebuilder and one merger of an archive, side by side (live.h); readers
 *   never wait.
 * Limits: memory and time of a worker, see struct indexer_options.
 * Errors: ERR_LATER another one of the same kind runs; ERR_BROKEN disk.
 */
#ifndef INDEXER_H
#define INDEXER_H

#include "err.h"
#include "extract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct indexer_options {
	unsigned workers;      /* 0: one for each processor */
	uint32_t run;          /* most messages of one segment as built, 0: default */
	size_t memory;         /* most bytes of a worker, 0: default 256 MiB */
	bool progress;
	bool closed;           /* a new generation does not look into attachments */
	char ocr[EXTRACT_LANGUAGES]; /* a new generation reads pictures in these; "": not */
	bool retry;            /* a rebuild does not take over what failed, see inside.h */
};
struct indexer_result {
	uint64_t indexed, quarantined, last; /* last: highest number now covered */
};

/* Brings the index up to date with the archive: *result says what was done. 1; 0 nothing to do. */
int indexer_update(const char *archive_dir, const struct indexer_options *o,
		   struct indexer_result *result, struct err *err);
/* Builds everything anew beside the live generation, which an updater goes on with, then
 * switches. */
int indexer_rebuild(const char *archive_dir, const struct indexer_options *o,
		    struct indexer_result *result, struct err *err);
/* Joins large segments into larger ones, which may take minutes; new mail is indexed meanwhile.
 * Of the options only `memory` counts. 1; 0 nothing to do, stopped, or somebody else does it;
 * -1. */
int indexer_merge(const char *archive_dir, const struct indexer_options *o, struct err *err);

#endif
