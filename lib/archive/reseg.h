/* reseg: a sealed segment written anew without what is to go.
 *
 * What: copies the file; frames in which something changes are compressed again and filled up to
 *   the length they had by a skippable frame, so that every offset stays what it was.
 * Source: docs/formats/archive.md, "Destruction"; RFC 8878, 3.1.2.
 * Limits: a frame of more than RESEG_FRAME_MOST bytes of content must hold one member only.
 * Memory: one frame, before and after compression.
 * Errors: ERR_BROKEN; the old file is never touched, and an unfinished new one is removed.
 */
#ifndef RESEG_H
#define RESEG_H

#include "scrub.h"

#define RESEG_FRAME_MOST ((size_t)32 << 20)

/* Writes "<path>.new", durable, when anything changes. 1; 0 nothing does, and there is no new
 * file; -1. */
int reseg_write(const char *path, const struct scrub_set *set, struct scrub_counts *counts,
		struct err *err);

#endif
