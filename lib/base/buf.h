/* buf: a growable run of bytes with a maximum.
 *
 * Limits: every buf has a maximum; what would pass it is not added and sets `full`, so a
 * caller may write many times and look once.
 * Memory: the buf owns its bytes until buf_free; buf_str borrows until the next change.
 */
#ifndef BUF_H
#define BUF_H

#include "str.h"

struct buf {
	char *p;
	size_t n, cap, max;
	bool full; /* something was not added */
};

/* Starts empty; max is in bytes. Nothing is allocated yet. */
void buf_init(struct buf *b, size_t max);
/* Gives the memory back; the buf may be used again (same maximum). Accepts an all-zero buf. */
void buf_free(struct buf *b);
/* Empties it, keeps the memory, clears `full`. */
void buf_clear(struct buf *b);
/* Appends all or nothing. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_chr(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes to be written at the returned place, then counted by buf_take.
 * NULL when the maximum forbids it (and `full` is set). */
char *buf_room(struct buf *b, size_t n);
void buf_take(struct buf *b, size_t n);
/* Removes the first n bytes. */
void buf_drop(struct buf *b, size_t n);
/* The bytes so far, borrowed until the next change. */
struct str buf_all(const struct buf *b);
/* The same, NUL-terminated (the NUL is not counted). */
const char *buf_cstr(struct buf *b);

#endif
