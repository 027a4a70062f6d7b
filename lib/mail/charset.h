/* charset: octets in some charset -> UTF-8.
 *
 * Source: docs/search.md, "Charsets". The converter is the C library's iconv.
 * Memory: results are in the arena, or are s itself when nothing had to change.
 * Threads: safe; each thread keeps a few open converters.
 */
#ifndef CHARSET_H
#define CHARSET_H

#include "arena.h"

/* s in the charset `name` as UTF-8. Octets the charset does not have become U+FFFD (one for
 * a run of them) and set *bad. A name that is empty, us-ascii, utf-8 or not known to the
 * converter means charset_guess. */
struct str charset_decode(struct arena *a, struct str name, struct str s, bool *bad);
/* Valid UTF-8 sequences as they are, every other octet as windows-1252. */
struct str charset_guess(struct arena *a, struct str s);
/* Does the converter know this charset (us-ascii and utf-8 included)? */
bool charset_known(struct str name);

#endif
