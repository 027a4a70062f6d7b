/* importname: what the name of a member of a packed file says.
 *
 * What: the folders on its way become a mailbox, as importwalk does it with directories. A member
 *   in cur or new is a Maildir's, and its name tells flags.
 */
#ifndef IMPORTNAME_H
#define IMPORTNAME_H

#include "arena.h"

struct importname {
	struct str mailbox; /* "": the top */
	struct str stem;    /* the mailbox of its messages, should it be an mbox */
	struct str name;    /* the last part */
	bool maildir;
	unsigned flags;     /* archive flags */
	bool forwarded;
};

/* Reads a member's name; `folder` is what the top stands for ("": nothing). Strings live in the
 * arena. 1; 0: not mail (hidden files, sheaf's own facts, directories). */
int importname_member(struct arena *a, struct str folder, struct str path, struct importname *out);
/* The mailbox an mbox file stands for: its name without .gz, .zst, .mbox, .mbx. */
struct str importname_stem(struct str name);
/* Is this the name of a Maildir's or Thunderbird's folder? What it adds to the mailbox. */
struct str importname_folder(struct arena *a, struct str name);
/* "mailbox/name", or the one that is not empty; in the arena. */
struct str importname_join(struct arena *a, struct str mailbox, struct str name);

#endif
