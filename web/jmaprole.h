/* jmaprole: what a mailbox is for, by its name.
 *
 * Source: RFC 8621, 2 (role); RFC 6154. Names: docs/jmap.md.
 * Shape: servers say it in SPECIAL-USE, but archives do not keep that, and imported mail never had
 *   it. No two mailboxes of an account have the same role: the name that stands first counts.
 */
#ifndef JMAPROLE_H
#define JMAPROLE_H

#include "str.h"

/* Sets roles[i] of names[i], the mailboxes of one account; NULL: none. */
void jmaprole_of(const struct str *names, size_t n, const char **roles);

#endif
