/* audithead: where the audit log stood, signed with the archive's key.
 *
 * What: ARCHIVE/audit/head, a signed note, renewed by `sheaf seal`. A chain alone cannot show that
 *   its end was cut off; a copy of its head kept elsewhere can.
 * Source: docs/formats/audit.md, "The head".
 */
#ifndef AUDITHEAD_H
#define AUDITHEAD_H

#include "buf.h"
#include "note.h"

struct audithead {
	uint64_t entries;               /* number of the last entry */
	unsigned char hash[HASH_BYTES]; /* of its line */
};

/* Writes the head of the log as it is now. 1; 0 nothing was ever logged; -1 (ERR_DENIED: the
 * archive has no key yet; ERR_BROKEN: the chain is broken). */
int audithead_write(const char *archive_dir, struct err *err);
/* Checks a head's signature and reads it. 1; -1 (ERR_INPUT). */
int audithead_read(struct str note, const struct note_key *key, struct audithead *out,
		   struct err *err);
/* The head at hand, and the key it was signed with. 1; 0 there is none; -1. */
int audithead_load(const char *archive_dir, struct audithead *out, struct err *err);

#endif
