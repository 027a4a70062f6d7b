/* rematch: messages of a mailbox that is new by its UIDVALIDITY or name, but whose messages the
 * archive may have, are not fetched again.
 *
 * What: asks for date, size, ids and a few header fields of each, lets the parent propose stored
 *   messages, fetches a sample of them whole, and takes the rest for known when the sample agrees.
 * Source: docs/protocol.md; RFC 8474 (EMAILID, MAILBOXID).
 * Shape: windows of REBIND_WINDOW messages. One in REMATCH_STEP, at least REMATCH_LEAST of each
 *   window, is fetched; none where a mailbox was renamed, as then UIDVALIDITY and UID say it too.
 */
#ifndef REMATCH_H
#define REMATCH_H

#include "fetch.h"
#include "selected.h"

#define REMATCH_STEP 100
#define REMATCH_LEAST 10

/* The epoch that the open mailbox, not known whole, may be going on with. NULL: none. */
const struct known_epoch *rematch_before(const struct fetch_ctx *c, const struct boxes_item *box,
					 const struct selected *at, bool *renamed);
struct rematch {
	struct fetch_ctx *c;
	const struct known_epoch *before;
	bool renamed;
	const struct uidset *want, *avoid; /* to be matched; must not be asked for */
	struct uidset done; /* recorded now, the sample too; not sorted; the caller frees */
};
/* Tries to match. 1 tried; 0 the mailbox makes no sense; -1 broken off. */
int rematch_run(struct rematch *m, struct err *err);

#endif
