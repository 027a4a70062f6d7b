/* brief: where all messages stand, in a few words each.
 *
 * What: a cursor over all copies, by message number; and how many a mailbox holds. It reads one
 *   index of the catalog from end to end, and is meant for sums over many messages.
 * Errors: as db.h.
 */
#ifndef BRIEF_H
#define BRIEF_H

#include "archive.h"

struct brief;

struct brief_copy {
	uint64_t message;
	int64_t epoch;
	unsigned flags;
	bool vanished;
};

/* Starts. Close it before the archive. 1 or -1. */
int brief_open(struct brief **out, struct archive *ar, struct err *err);
/* 1: *out; 0 the end; -1. */
int brief_next(struct brief *b, struct brief_copy *out, struct err *err);
/* Accepts NULL. */
void brief_close(struct brief **b);

/* What an epoch holds. */
struct brief_epoch {
	uint64_t copies, present;
	uint64_t failed, refused, gone;
};
/* Those of n epochs, in one pass. 1 or -1. */
int brief_epochs(struct archive *ar, const struct archive_epoch *epochs, size_t n,
		 struct brief_epoch *out, struct err *err);

#endif
