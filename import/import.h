/* import: the front door of the importer. mbox, Maildir, .eml -> archive.
 *
 * What: finds messages in files and appends them; line ends are brought to CRLF, a leading
 *   mbox "From " line is envelope, not message. A path already imported is skipped, so a run
 *   that was interrupted is simply run again.
 * Source: RFC 4155 (mbox, mboxrd); Maildir as described by its author (flags in names).
 * Shape: the account is given; folders become mailboxes of it. UIDs are given out by the
 *   archive; UIDVALIDITY is 1. INTERNALDATE: the mbox From line, else the file's time.
 * Limits: messages to 4 GiB - 1, streamed; larger ones are recorded as refused.
 * Errors: ERR_INPUT unreadable path; ERR_BROKEN archive.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "archive.h"

struct import_result {
	uint64_t messages, stored, copies, skipped, failed, bytes;
};
/* Imports one path: a file (mbox or message, told apart by its first line), a Maildir (has cur
 * and new), a directory (everything below it), or "-": mbox or message from standard input.
 * `mailbox` names the target for what has no folder of its own ("" : "INBOX"). Adds to *r.
 * 1, or -1 when nothing of the path could be read or the archive failed. */
int import_path(struct archive *ar, struct str account, struct str mailbox, const char *path,
		struct import_result *r, bool progress, struct err *err);

#endif
