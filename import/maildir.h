/* maildir: what the names in a Maildir say.
 *
 * Source: Maildir as described by its author ("unique:2,FLAGS"); Maildir++ for subfolders
 *   (".A.B", names in modified UTF-7, RFC 3501 5.1.3).
 */
#ifndef MAILDIR_H
#define MAILDIR_H

#include "arena.h"

/* The flags behind ":2," as archive flags; *forwarded is the P flag ($Forwarded). */
unsigned maildir_flags(struct str name, bool *forwarded);
/* The name without ":2,FLAGS", which change while the message stays. */
struct str maildir_base(struct str name);
/* The mailbox of a subfolder: ".A.B" is "A/B", decoded where that is possible. In the arena. */
struct str maildir_folder(struct arena *a, struct str name);

#endif
