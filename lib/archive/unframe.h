/* unframe: zstd frames of a file, decompressed piece by piece.
 *
 * Source: RFC 8878. Limits: a window of 16 MiB; what asks for more is damaged or hostile.
 * Memory: two buffers of 128 KiB and the window, whatever the size of a frame.
 * Errors: ERR_BROKEN for damage (with the place in the file) and for a failing disk.
 */
#ifndef UNFRAME_H
#define UNFRAME_H

#include "err.h"
#include "str.h"

struct unframe;

/* Never NULL. Free with unframe_free. */
struct unframe *unframe_new(void);
/* Accepts NULL. */
void unframe_free(struct unframe **u);
/* From now on reads the frames that stand in [from, to) of fd, which is borrowed. */
void unframe_start(struct unframe *u, int fd, uint64_t from, uint64_t to);
/* The next piece, borrowed until the next call; pieces never hold bytes of two frames. 1; 0 the
 * end, behind a whole frame; -1 damaged, or the file ends within a frame. */
int unframe_next(struct unframe *u, struct str *out, struct err *err);
/* Where in the file the frame of the last piece begins, and how many of its bytes came before
 * that piece. */
uint64_t unframe_frame(const struct unframe *u);
uint64_t unframe_before(const struct unframe *u);
/* Where in the file the last whole frame ends. */
uint64_t unframe_end(const struct unframe *u);

#endif
