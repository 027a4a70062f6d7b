/* press: the frames of a segment, compressed beside the work.
 *
 * What: gathers bytes into a frame, and gives ended frames back compressed, in their order.
 * Shape: where there is a second core, a process of its own compresses, in memory that both see,
 *   while the writer reads and hashes on. It is started by the first frame that others will follow,
 *   holds no file of the archive open, and dies with the writer. Without it the writer compresses
 *   on the spot. The bytes are the same either way.
 * Memory: PRESS_SLOTS frames, before and after compression.
 * Errors: ERR_BROKEN when the process is gone, or silent for a minute.
 */
#ifndef PRESS_H
#define PRESS_H

#include "err.h"
#include "str.h"

#include <stdbool.h>

#define PRESS_FRAME ((size_t)1280 << 10)
#define PRESS_SLOTS 6
#define PRESS_LEVEL 3

struct press;

/* A frame: its bytes before compression counted, and itself; borrowed until the next call. */
struct press_frame {
	size_t raw;
	struct str bytes;
};

/* Never fails. Free with press_free (accepts NULL), which forgets what was not taken. */
struct press *press_new(void);
void press_free(struct press **p);
/* Bytes of the frame being gathered. */
size_t press_held(const struct press *p);
/* Adds to it; no more than PRESS_FRAME bytes fit. */
void press_add(struct press *p, struct str bytes);
/* Ends it, and the next is begun; then press_take must be called until it has none. `more` says
 * that others will follow soon. 1 or -1. */
int press_end(struct press *p, bool more, struct err *err);
/* The next frame that is ready. 1; 0 none; -1. Waits for one when `all` is set and one was ended,
 * or when there is no room to gather another. */
int press_take(struct press *p, bool all, struct press_frame *out, struct err *err);
/* Forgets everything that was gathered or ended and not taken. */
void press_drop(struct press *p);

#endif
