/* gramrow: which blocks of a filter have a gram, as a few bytes.
 *
 * What: a row is a set of block numbers below n. Most rows are sparse, so the gaps between numbers
 *   are written as Rice codes; of a dense row those that are absent; where that is no shorter, as
 *   a plain bitmap. All rows together take half of what the bitmaps do.
 * Source: docs/formats/index.md, "filter". R. F. Rice, JPL Publication 79-22 (1979).
 * Errors: what is read is checked; a malformed row is told.
 */
#ifndef GRAMROW_H
#define GRAMROW_H

#include "buf.h"

#include <stdint.h>

/* Appends the row of m ascending numbers below n. */
void gramrow_add(struct buf *out, const uint32_t *numbers, size_t m, size_t n);
/* Cuts a row off *in and makes `bits` (n of them, whole words) its set; NULL: only cuts it off.
 * 1; 0: malformed. */
int gramrow_take(struct str *in, uint64_t *bits, size_t n);

#endif
