/* compare: an account on its server beside the same account in the archive.
 *
 * What: asks the server for the UIDs of every wanted mailbox and looks each up in the ledger.
 *   Nothing is written, here or there (EXAMINE).
 * Shape: pull, one mailbox after the other; at last those that only the archive has.
 * Limits: UIDSET_MAX messages in a mailbox; one mailbox is held at a time.
 * Errors: ERR_NET, ERR_DENIED, ERR_INPUT the server; ERR_BROKEN the archive.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "harvest.h"
#include "uidset.h"

struct compare;

enum compare_state {
	COMPARE_KNOWN, /* the archive has the mailbox with this UIDVALIDITY */
	COMPARE_NEW,   /* the archive does not know the mailbox */
	COMPARE_EPOCH, /* it knows it under other UIDVALIDITYs only */
	COMPARE_SHUT,  /* the server does not let us see it: why */
	COMPARE_LEFT   /* the server does not have it any more, the archive does */
};

struct compare_box {
	enum compare_state state;
	struct str mailbox;
	uint32_t uidvalidity;  /* on the server */
	uint32_t before;       /* EPOCH: the newest one known; LEFT: the same */
	uint64_t exists;       /* messages there are, as the server counts them */
	uint64_t listed;       /* UIDs it gave */
	uint64_t stored, failed, refused; /* what is recorded of these UIDs; LEFT: of all */
	struct uidset missing; /* listed, and nothing is recorded */
	struct uidset lost;    /* listed, but recorded as vanished or gone */
	struct uidset extra;   /* recorded as present, but not listed */
	struct err why;
};

/* Logs in and lists the mailboxes. The archive is borrowed until compare_close. 1 or -1. */
int compare_open(struct compare **out, struct archive *ar, const struct harvest_account *ac,
		 struct err *err);
/* The next mailbox, valid until the next call. 1; 0 there is none left; -1. */
int compare_next(struct compare *c, const struct compare_box **out, struct err *err);
/* Accepts NULL. */
void compare_close(struct compare **c);
/* Has every UID its outcome, and do the numbers agree? A mailbox that the server no longer has
 * takes nothing from that. */
bool compare_holds(const struct compare_box *b);

#endif
