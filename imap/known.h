/* known: what the archive knows of an account's mailboxes, on the child's side.
 *
 * What: one entry for each epoch, asked for once; tells which mailboxes are as they were.
 * Shape: the numbers stand for what was true when a visit began that came to its end (facts
 *   have one provenance): they are safe to compare with, never to conclude from alone.
 * Memory: names and ids live as long as the list.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include "archive.h"
#include "boxes.h"
#include "feed.h"

#define KNOWN_FULL 86400 /* seconds: after so long all UIDs are listed again, whatever is said */

struct known_epoch {
	struct archive_epoch e; /* without account and run */
	uint64_t waiting;       /* failed messages that are not tried yet */
	bool due;               /* some are */
	bool stale;             /* all UIDs were not listed for long */
};

struct known {
	struct arena arena;
	struct known_epoch *list; /* by name, then UIDVALIDITY */
	size_t n;
};

/* Asks the parent. 1 or -1. Free with known_free. */
int known_load(struct known *k, struct feed *f, struct err *err);
void known_free(struct known *k);
/* One epoch into a record's list, and back (1; 0 malformed). */
void known_put(struct buf *out, const struct known_epoch *e);
int known_get(struct str list, struct known_epoch *e);
/* The epoch of a mailbox, or NULL. */
const struct known_epoch *known_find(const struct known *k, struct str mailbox,
				     uint32_t uidvalidity);
/* The epoch, if by what LIST said nothing changed since the last visit and nothing is due. */
const struct known_epoch *known_same(const struct known *k, const struct boxes_item *box);

#endif
