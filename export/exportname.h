/* exportname: what exported files and folders are called.
 *
 * What: names of mails' origins, which anybody may have chosen, as names of files: never "..",
 *   no control characters, always UTF-8, at most 200 bytes a level.
 * Source: Maildir as described by its author; Maildir++ for subfolders (names in modified UTF-7,
 *   RFC 3501 5.1.3).
 * Shape: ordinary names stay as they are; what must not stay is written %XX; what is too long is
 *   cut and gets the start of its SHA-256. The manifest has the true names.
 */
#ifndef EXPORTNAME_H
#define EXPORTNAME_H

#include "archive.h"

/* Appends "account/A/B" for the mailbox "A/B". */
void exportname_folder(struct buf *out, struct str account, struct str mailbox);
/* Appends "account" for INBOX, "account/.A.B" for the mailbox "A/B". */
void exportname_maildir(struct buf *out, struct str account, struct str mailbox);
/* Appends "00000012-4be91c66a3d2.eml". */
void exportname_eml(struct buf *out, const struct archive_msg *m);
/* Appends "1049191200.12-4be91c66a3d2-7.sheaf:2,FS": unique in its mailbox, the same each time. */
void exportname_copy(struct buf *out, const struct archive_msg *m, const struct archive_copy *c);

#endif
