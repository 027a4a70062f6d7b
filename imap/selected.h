/* selected: opening a mailbox to read it.
 *
 * Source: RFC 9051 6.3.3 (EXAMINE), 7.1 (response codes); RFC 7162 (HIGHESTMODSEQ).
 */
#ifndef SELECTED_H
#define SELECTED_H

#include "session.h"

/* What the server said of the open mailbox; 0: nothing. */
struct selected {
	uint32_t uidvalidity, uidnext, exists;
	uint64_t modseq;
	char mailboxid[256]; /* RFC 8474, "": not given */
};

/* EXAMINE; raw is what the server calls the mailbox. 1; 0 it cannot be opened, or has no
 * UIDVALIDITY (*err says why; the session is well); -1 the session is over. */
int selected_examine(struct session *s, struct str raw, struct selected *out, struct err *err);

#endif
