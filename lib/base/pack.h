/* pack: numbers and strings in a compact binary form.
 *
 * Shape: unsigned numbers as LEB128 (7 bits a byte, least significant first, at most 10
 * bytes); signed ones zigzag first; strings as their length and bytes.
 * Errors: the get functions return 0 on anything short or overlong and leave *in alone.
 */
#ifndef PACK_H
#define PACK_H

#include "buf.h"

/* Append a value. */
void pack_u64(struct buf *b, uint64_t v);
void pack_i64(struct buf *b, int64_t v);
void pack_str(struct buf *b, struct str s);
/* Cut a value off the front of *in. 1: *out is set (strings borrow from *in); 0: malformed. */
int pack_get_u64(struct str *in, uint64_t *out);
int pack_get_i64(struct str *in, int64_t *out);
int pack_get_str(struct str *in, struct str *out);

#endif
