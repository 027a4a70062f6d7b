/* popvisit: one look into a POP3 drop.
 *
 * What: what the drop has (popdrop.h), by name, beside what the archive knows; what is missing is
 *   fetched, what is gone is noted.
 * Source: RFC 1939; docs/protocol.md, "POP3".
 * Shape: to the archive a drop is a mailbox INBOX of UIDVALIDITY POPVISIT_EPOCH, with UIDs of our
 *   own that grow. The catalog knows messages by epoch and UID, and a name by UIDL is text; so each
 *   new name gets the next UID, and stands beside it in the catalog (uidname.h). Nothing in the
 *   archive's format is other than for IMAP, and ledger, retries, search and export need to know
 *   nothing of POP3. A name that comes back after it vanished gets its old UID, and is fetched
 *   again, as with IMAP.
 *   Where most names are new ones and most old ones are gone (UIDVALIDITY was reset behind them),
 *   messages are known by their headers (popmatch.h), and get new UIDs in the same epoch.
 */
#ifndef POPVISIT_H
#define POPVISIT_H

#include "popfetch.h"

#define POPVISIT_BOX STR("INBOX")
#define POPVISIT_EPOCH 4294967295u /* no IMAP server gives this one, should it be IMAP again */

/* Visits it. 1 done; 0 it cannot be harvested (*err says why; the session is well); -1 broken
 * off: ERR_BROKEN the feed or the disk, else the session is over. */
int popvisit_run(struct popfetch_ctx *c, struct err *err);

#endif
