/* ids: a server's own names for a message, on their way from a child to the parent.
 *
 * What: EMAILID and THREADID (X-GM-MSGID, X-GM-THRID) and SAVEDATE, packed one after the other.
 * Source: RFC 8474, RFC 8514, docs/protocol.md.
 * Limits: a name has at most 255 bytes.
 */
#ifndef IDS_H
#define IDS_H

#include "archive.h"
#include "imapparse.h"

/* What a server with these capabilities is asked for, as items of FETCH: " EMAILID THREADID". */
struct ids_asks {
	bool gmail, objectid, savedate;
};
const char *ids_items(const struct ids_asks *can);
/* Appends them. */
void ids_pack(struct buf *out, const struct imapparse_fetch *got);
/* Takes them off *list into the copy; the names stay slices of it. 1; 0: they are nonsense. */
int ids_unpack(struct str *list, struct archive_copy *c);

#endif
