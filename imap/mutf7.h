/* mutf7: mailbox names in modified UTF-7.
 *
 * Source: RFC 3501 5.1.3.
 * Shape: only a name whose decoded form encodes to the very same octets is decoded; any other
 *   (illegal UTF-7, raw 8-bit, a server's own idea) is kept as the octets it came in.
 */
#ifndef MUTF7_H
#define MUTF7_H

#include "arena.h"

/* The name as UTF-8. 1: decoded; 0: not well-formed, *out is `raw` itself. Lives in the arena. */
int mutf7_decode(struct arena *a, struct str raw, struct str *out);
/* UTF-8 to modified UTF-7. 1; 0: not UTF-8, *out is the input. Lives in the arena. */
int mutf7_encode(struct arena *a, struct str name, struct str *out);

#endif
