/* jmaprole: what a mailbox is for.
 *
 * Source: RFC 8621, 2 (role); RFC 6154. Names: docs/jmap.md.
 * Shape: what the server said counts (uses.h); a role that it gave to none goes by the names of
 *   mailboxes, as archives of old and imported mail know nothing else. No two mailboxes of an
 *   account have the same role, and no mailbox has two: what stands first counts.
 */
#ifndef JMAPROLE_H
#define JMAPROLE_H

#include "str.h"

/* Sets roles[i] of names[i], the mailboxes of one account; NULL: none. `uses`: what the server
 * said, as uses.h has it. */
void jmaprole_of(const struct str *names, size_t n, struct str uses, const char **roles);

#endif
