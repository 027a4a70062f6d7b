/* change: one change of the archive, as the segments tell it.
 *
 * What: reads the pax records of a message and the lines of facts members back.
 * Source: docs/formats/archive.md, section 2. Unknown facts are CHANGE_OTHER, unknown keys are
 *   passed over.
 * Memory: strings live in the arena.
 * Errors: ERR_BROKEN: not what the format says.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "disposal.h"

enum change_kind {
	CHANGE_OTHER,
	CHANGE_MESSAGE, /* copy, epoch; msg: number, hash, size, rfc822_size */
	CHANGE_RUN,     /* copy.run */
	CHANGE_EPOCH,   /* epoch */
	CHANGE_SEEN,    /* epoch: id, uidnext, highestmodseq */
	CHANGE_COPY,    /* copy, msg: number, hash */
	CHANGE_FLAGS,   /* copy */
	CHANGE_VANISHED, /* copy.epoch, uids */
	CHANGE_OUTCOME, /* copy.epoch, copy.uid, outcome, reason */
	CHANGE_DISPOSED, /* disposal, uids: numbers of messages */
	CHANGE_ENDED,   /* disposal: id, state, ended_by */
	CHANGE_USES,    /* epoch.account, reason: uses.h */
	CHANGE_COMMIT   /* commit, last */
};

struct change {
	enum change_kind kind;
	int64_t number, at;
	struct archive_copy copy;
	struct archive_epoch epoch;
	struct archive_msg msg;
	unsigned char leaf[HASH_BYTES]; /* CHANGE_MESSAGE: its leaf hash */
	enum archive_outcome outcome;
	struct str reason;
	struct disposal disposal;
	const uint32_t *uids;
	size_t n_uids;
	int64_t commit, last;
};

/* From the pax records of a message's member, of which size and hash are known; of a destroyed one
 * (msg.destroyed) what is left. 1 or -1. */
int change_message(struct arena *a, struct str records, struct change *out, struct err *err);
/* From a line of facts. 1 or -1. */
int change_line(struct arena *a, struct str line, struct change *out, struct err *err);

#endif
