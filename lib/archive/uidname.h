/* uidname: the server's names for an epoch's messages, where the UIDs are our own.
 *
 * What: a POP3 server numbers its messages anew in each session; what it keeps is a name (UIDL).
 *   The harvester gives each name it meets the next UID. A copy has its name as `emailid`, which
 *   is what that is for; a UID without a copy has it in the reason of its outcome, as that is all
 *   anybody could find the message by: "UIDL 000000016b00c7a9: RETR refused: …".
 * Source: docs/formats/archive.md, section 2; RFC 1939 7 (UIDL: no spaces in it).
 * Errors: as db.h.
 */
#ifndef UIDNAME_H
#define UIDNAME_H

#include "archive.h"

struct uidname {
	uint32_t uid;
	struct str name;
};

struct uidname_list {
	struct uidname *p; /* a UID may come more than once with one name */
	size_t n;
	uint32_t next;     /* a UID above all that were ever used */
};

/* The names of an epoch, in the arena. 1 or -1. */
int uidname_list(struct archive *ar, struct arena *a, int64_t epoch, struct uidname_list *out,
		 struct err *err);
/* Appends an outcome's reason that names the message. */
void uidname_reason(struct buf *out, struct str name, struct str reason);
/* The name in a reason. 1; 0: there is none. Borrowed from it. */
int uidname_in(struct str reason, struct str *name);

#endif
