/* squeeze: a conversation in DEFLATE, both ways.
 *
 * Source: RFC 4978 (COMPRESS), RFC 1951.
 * Shape: input is a window that is filled when it is empty.
 * Limits: SQUEEZE_WINDOW bytes of input at a time; once SQUEEZE_FREE bytes have come out, no more
 *   than SQUEEZE_RATIO times what went in.
 * Errors: ERR_INPUT: that is not DEFLATE, it ended, or it is a bomb.
 */
#ifndef SQUEEZE_H
#define SQUEEZE_H

#include "buf.h"
#include "err.h"

#define SQUEEZE_WINDOW ((size_t)128 << 10)
#define SQUEEZE_FREE ((uint64_t)256 << 20)
#define SQUEEZE_RATIO 500

struct squeeze;

/* Free with squeeze_free, which accepts NULL. */
struct squeeze *squeeze_new(void);
void squeeze_free(struct squeeze **z);
/* Appends the compressed form of the bytes, all of it. */
void squeeze_pack(struct squeeze *z, struct str bytes, struct buf *out);
/* Takes compressed bytes off the front of *in. 1: there is input; 0: more is needed; -1. */
int squeeze_fill(struct squeeze *z, struct str *in, struct err *err);
/* The input that was not consumed. Borrowed until the next squeeze_fill. */
struct str squeeze_input(const struct squeeze *z);
/* Consumes the first n bytes of the input. */
void squeeze_eat(struct squeeze *z, size_t n);

#endif
