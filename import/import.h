/* import: the front door of the importer. mbox, Maildir, MH, .eml, packed or not -> archive.
 *
 * What: finds messages in files and appends them; line ends are brought to CRLF, a leading
 *   mbox "From " line is envelope, not message. What was imported from the same place before is
 *   skipped, so a run that was interrupted is simply run again. The place of a Maildir file is
 *   its path without flags; that of other files, whose contents may change, holds the offset and
 *   a hash too: "path#offset:hash", "path#hash", and "path!member#…" in a packed file.
 * Source: docs/import.md says what is recognised and what becomes of it.
 * Shape: the account is given; folders become mailboxes of it. UIDs are given out by the
 *   archive; UIDVALIDITY is 1. INTERNALDATE: the mbox From line, else the file's time.
 * Limits: messages to 4 GiB - 1, streamed; larger ones count as failed.
 * Errors: ERR_INPUT unreadable path; ERR_BROKEN archive.
 */
#ifndef IMPORT_H
#define IMPORT_H

#include "archive.h"
#include "mbox.h"

struct import_result {
	uint64_t messages; /* found */
	uint64_t stored;   /* of these: with bytes that were not stored before */
	uint64_t copies;   /* of these: taken in */
	uint64_t skipped;  /* imported from the same place before; files without mail */
	uint64_t failed;   /* messages and files that could not be read or kept */
	uint64_t bytes;    /* of the messages taken in */
};
struct import_options {
	struct str account;
	struct str mailbox; /* for what has no folder of its own; "": INBOX */
	bool progress;
	enum mbox_format format; /* of mbox files */
};

/* Imports one path: a file (packed, mbox or message, told apart by its first bytes), a Maildir (has
 * cur and new), an MH folder, a directory (everything below it), or "-": standard input.
 * Adds to *r. What cannot be read is counted as failed and logged, and the rest goes on.
 * 1, or -1 when nothing of the path could be read, the archive failed, or the process was asked
 * to stop (ERR_LATER; what was imported stays). */
int import_path(struct archive *ar, const struct import_options *o, const char *path,
		struct import_result *r, struct err *err);

#endif
