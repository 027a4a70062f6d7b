/* imapmatch: rematch.h's words in IMAP.
 *
 * What: which mailbox an open one, new by its UIDVALIDITY or name, may be going on with; asks for
 *   date, size, ids and a few header fields of its messages.
 * Source: docs/protocol.md; RFC 8474 (EMAILID, MAILBOXID).
 */
#ifndef IMAPMATCH_H
#define IMAPMATCH_H

#include "fetch.h"
#include "selected.h"

/* The epoch that the open mailbox, not known whole, may be going on with. NULL: none. */
const struct known_epoch *imapmatch_before(const struct fetch_ctx *c, const struct boxes_item *box,
					   const struct selected *at, bool *renamed);
struct imapmatch {
	struct fetch_ctx *c;
	const struct known_epoch *before;
	bool renamed;
	const struct uidset *want, *avoid; /* to be matched; must not be asked for */
};
/* Tries to match. *done, which the caller frees, gets the UIDs that are recorded now, the sample
 * too; not sorted. 1 tried; 0 the mailbox makes no sense; -1 broken off. */
int imapmatch_run(struct imapmatch *m, struct uidset *done, struct err *err);

#endif
