/* framescan: where the frames of a segment stand, without decompressing them.
 *
 * What: hops over block headers. Behind damage it looks for the next frame, so that damage costs
 *   the frames it touches and no others.
 * Source: RFC 8878, 3.1.1 and 3.1.2.
 * Errors: ERR_BROKEN when the file cannot be read; damage is no error but a state.
 */
#ifndef FRAMESCAN_H
#define FRAMESCAN_H

#include "err.h"
#include "str.h"

/* Set fd, and the range [at, to) to look at. */
struct framescan {
	int fd;
	uint64_t at, to;
};

enum framescan_state {
	FRAMESCAN_SOUND,   /* a frame, by its headers, with skippable frames behind it */
	FRAMESCAN_SKIP,    /* a skippable frame with no other before it */
	FRAMESCAN_DAMAGED, /* bytes that are no frame; one follows */
	FRAMESCAN_CUT      /* bytes that are no whole frame, and none follows */
};

struct framescan_frame {
	enum framescan_state state;
	uint64_t start, end;
	uint64_t raw; /* bytes of the content as the header has it, UINT64_MAX: it does not say */
};

/* The next piece of the range; the pieces cover it without a gap. 1; 0 end; -1. */
int framescan_next(struct framescan *s, struct framescan_frame *out, struct err *err);

#endif
