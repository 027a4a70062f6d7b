/* rematch: messages under UIDs or names that are new, but which the archive may have, are not
 * fetched again.
 *
 * What: lets the parent propose stored messages by what the server tells of each, fetches a
 *   sample of them whole, and takes the rest for known when the sample agrees.
 * Source: docs/protocol.md.
 * Shape: windows of REBIND_WINDOW messages. One in REMATCH_STEP, at least REMATCH_LEAST of each
 *   window, is fetched; none where a mailbox was renamed, as then UIDVALIDITY and UID say it too.
 *   How to ask the server is imapmatch.h's and popmatch.h's part.
 */
#ifndef REMATCH_H
#define REMATCH_H

#include "feed.h"
#include "imapparse.h"
#include "rebind.h"
#include "uidset.h"

#define REMATCH_STEP 100
#define REMATCH_LEAST 10

struct rematch {
	struct feed *feed;
	enum rebind_how how;
	struct str mailbox;        /* what it goes on with … */
	uint32_t uidvalidity;      /* … of that UIDVALIDITY, 0: any */
	const struct uidset *want; /* to be matched */
	void *arg;
	/* Asks for what tells n messages apart, and says rematch_offer for each. 1; 0 the server
	 * refused; -1. */
	int (*offer)(void *arg, const uint32_t *uids, size_t n, struct err *err);
	/* Fetches some whole. 1; 0 the mailbox makes no sense; -1. */
	int (*fetch)(void *arg, const struct uidset *some, struct err *err);
	struct uidset done; /* recorded now, the sample too; not sorted; the caller frees */
};
/* Tries to match. 1 tried; -1 broken off. */
int rematch_run(struct rematch *m, struct err *err);
/* Tells the parent of a message: uid, flags, date, size, ids, header fields. 1 or -1. */
int rematch_offer(struct feed *f, const struct imapparse_fetch *got, struct err *err);

#endif
