/* destroy: disposed messages made to be gone.
 *
 * What: marks disposals as destroyed, then writes every sealed segment that holds something of
 *   their messages anew: bytes, hash, salt and facts go, number and leaf stay, so that all proofs
 *   of other messages and all older checkpoints hold.
 * Source: docs/formats/archive.md, "Destruction".
 * Shape: interruptible at every step; the next run goes on. Before anything is changed, all
 *   segments concerned must be what their seals say: else nothing is destroyed.
 * What is not reached: backups, exports, free blocks of the file system.
 * Errors: as archive.h; ERR_LATER: asked to stop.
 */
#ifndef DESTROY_H
#define DESTROY_H

#include "disposal.h"

struct destroy_options {
	int64_t disposal; /* 0: all that are masked */
	struct str who;
	bool progress;
	/* Called when the segments hold nothing of it any more, before that is recorded: what was
	 * derived from them is to be made anew. 1 or -1. */
	int (*derived)(void *arg, struct err *err);
	void *arg;
};
/* What is to be done, or was. */
struct destroy_result {
	uint64_t disposals, messages, bytes;
	uint64_t segments;  /* to look at; after destroy_run: written anew */
	uint64_t unfinished; /* disposals of these that an earlier run did not finish */
	bool log_busy;       /* a reader kept SQLite's log, which holds the rows as they were */
};

/* Changes nothing. ERR_INPUT: no such disposal, or it was taken back or is destroyed. */
int destroy_plan(struct archive *ar, const struct destroy_options *o, struct destroy_result *out,
		 struct err *err);
/* 1; 0 there is nothing to destroy; -1. */
int destroy_run(struct archive *ar, const struct destroy_options *o, struct destroy_result *out,
		struct err *err);

#endif
