/* popcompare: a POP3 drop beside the archive, for compare.h.
 *
 * What: the UIDs that the messages of the drop have, or would get; nothing is written or fetched
 *   but headers where there is no UIDL.
 */
#ifndef POPCOMPARE_H
#define POPCOMPARE_H

#include "archive.h"
#include "popfetch.h"

/* Looks. `epoch` is the drop's in the archive, 0: none. Adds UIDs to *seen; *exists is how many
 * messages the server counts. 1; 0 it makes no sense (*err); -1. */
int popcompare_look(const struct popfetch_ctx *c, struct archive *ar, int64_t epoch,
		    struct uidset *seen, uint64_t *exists, struct err *err);

#endif
