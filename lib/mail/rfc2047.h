/* rfc2047: encoded words in header fields.
 *
 * Source: RFC 2047, as lenient as docs/search.md ("Fields") says: words are decoded wherever
 *   they stand, and what is left of raw 8-bit octets is read by charset_guess.
 */
#ifndef RFC2047_H
#define RFC2047_H

#include "arena.h"

/* An unfolded field value as UTF-8. The result is in the arena, or is s itself. */
struct str rfc2047_decode(struct arena *a, struct str s);

#endif
