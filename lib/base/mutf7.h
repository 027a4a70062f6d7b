/* mutf7: mailbox names in modified UTF-7.
 *
 * Source: RFC 3501 5.1.3. Maildir++ writes the same, and also '.' and '\\' in base64.
 * Shape: a name of a server is decoded only when its decoded form encodes to the very same octets;
 *   any other (illegal UTF-7, raw 8-bit, a server's own idea) is kept as the octets it came in.
 */
#ifndef MUTF7_H
#define MUTF7_H

#include "arena.h"

/* The name as UTF-8. 1: decoded; 0: not well-formed, *out is `raw` itself. Lives in the arena. */
int mutf7_decode(struct arena *a, struct str raw, struct str *out);
/* The same for whatever can be read and gives UTF-8 without NUL, also when nobody should have
 * written it so. 1 or 0, as above. */
int mutf7_read(struct arena *a, struct str raw, struct str *out);
/* UTF-8 to modified UTF-7. 1; 0: not UTF-8, *out is the input. Lives in the arena. */
int mutf7_encode(struct arena *a, struct str name, struct str *out);
/* The same, with the bytes of `also` (ASCII) in base64 too. */
int mutf7_write(struct arena *a, struct str name, const char *also, struct str *out);

#endif
