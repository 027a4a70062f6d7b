/* uses: what mailboxes of an account are for, as its server says (SPECIAL-USE, RFC 6154).
 *
 * Source: docs/formats/archive.md, fact `uses`.
 * Shape: one text for an account: lines "\Sent Gesendet", the attribute and the mailbox's name as
 *   the archive has it. The whole is told anew when it changes. The catalog's table is made with
 *   the first of them: archives that were never told any have none.
 * Limits: USES_MOST bytes.
 * Errors: as archive.h.
 */
#ifndef USES_H
#define USES_H

#include "archive.h"
#include "db.h"

#define USES_MOST ((size_t)32 << 10)

/* Records them, where they are others than before. 1 recorded; 0 the same; -1 (ERR_INPUT: too
 * long). */
int uses_put(struct archive *ar, struct str account, struct str text, struct err *err);
/* Those of an account, in the arena; "" when none are known. 1 or -1. */
int uses_get(struct archive *ar, struct arena *a, struct str account, struct str *out,
	     struct err *err);
/* Is it one of the attributes that say a use? */
bool uses_is(struct str attribute);
/* For this room: the same in a catalog, the table made when it is not there. 1 or -1. */
int uses_write(struct db *db, struct str account, struct str text, struct err *err);
/* Has the catalog the table? 1, 0 or -1. */
int uses_there(struct db *db, struct err *err);

#endif
