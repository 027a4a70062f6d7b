/* visit: one look into one mailbox.
 *
 * What: EXAMINE, all UIDs with their flags, or by CONDSTORE and QRESYNC what changed; what is
 *   missing is fetched, what is known has its flags refreshed, what is gone is noted after it
 *   was asked for a second time.
 * Source: RFC 9051 6.3.3, 6.4.9, RFC 7162.
 * Shape: the truth is the set of UIDs, never a high-water mark. HIGHESTMODSEQ is the one of
 *   EXAMINE, from before the first FETCH, and counts only when all of the visit is done.
 */
#ifndef VISIT_H
#define VISIT_H

#include "boxes.h"
#include "fetch.h"

/* Visits it. 1 done; 0 the mailbox cannot be harvested (*err says why; the session is well);
 * -1 broken off: ERR_BROKEN the feed or the disk, else the session is over. */
int visit_run(struct fetch_ctx *c, const struct boxes_item *box, struct err *err);

#endif
