/* rebind: the parent's side of matching a mailbox's messages with those of its older epochs.
 *
 * What: takes offers (what a child saw of messages without their bytes), proposes the stored
 *   message each may be, sees whether the messages that were fetched as a sample are those that
 *   were proposed, and only then records the others as copies whose bytes were not read.
 * Source: docs/protocol.md.
 * Limits: REBIND_WINDOW offers at a time.
 * Errors: as archive.h; ERR_BROKEN without `archive_failed`: the child sent nonsense.
 */
#ifndef REBIND_H
#define REBIND_H

#include "feed.h"
#include "twins.h"
#include "uidset.h"

#define REBIND_WINDOW 2000

/* Why a copy is thought to be of a message: by the header, of one that an older epoch of the
 * mailbox had; the mailbox was renamed; by the header, of one that the mailbox itself has or had
 * under another name (POP3, where the size is not known). */
enum rebind_how { REBIND_HEADERS = 1, REBIND_RENAMED, REBIND_NAMES };

struct rebind {
	struct archive *ar;
	struct twins *twins;
	enum rebind_how how;
	int64_t old;              /* RENAMED: the epoch it was */
	bool distrusted;          /* a sample was another message than proposed */
	struct arena arena;       /* of the offers at hand */
	struct rebind_offer *list;
	size_t n;
};

/* Begins: r says how, and the old mailbox by name (and UIDVALIDITY). `epoch` is the new one.
 * 1; 0 there is no such mailbox; -1. */
int rebind_open(struct rebind *b, struct archive *ar, const struct archive_epoch *epoch,
		const struct feed_record *r, struct err *err);
/* Accepts one that was not opened. */
void rebind_close(struct rebind *b);
/* One offer of the window. 1 or -1; 0 nonsense. */
int rebind_offer(struct rebind *b, const struct feed_record *r, struct err *err);
/* The UIDs of the window for which a message is proposed. */
void rebind_proposed(const struct rebind *b, struct uidset *out);
/* A message was fetched and is stored: was it proposed? */
void rebind_fetched(struct rebind *b, uint32_t uid, uint64_t message);
/* Ends the window: if `sample`, which must have been fetched, is all what was proposed, the rest
 * is recorded in the run. *out gets their UIDs. 1 or -1. */
int rebind_bind(struct rebind *b, const struct archive_epoch *epoch, int64_t run,
		const struct uidset *sample, struct uidset *out, struct err *err);

#endif
