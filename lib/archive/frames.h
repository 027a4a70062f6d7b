/* frames: what is kept of the segments' frames that were used last, decompressed.
 *
 * What: frames of at most FRAMES_MOST bytes; of each as much as was needed so far. Who reads in
 *   order keeps one; those who do not share FRAMES_SHARED of them, in the whole process: clients
 *   ask for messages that stand near each other, and which thread answers is chance.
 * Source: RFC 8878.
 * Shape: a frame is taken, read and given back. Who has one is alone with it, and takes no second.
 * Limits: some 1.5 MB for each frame that is kept.
 * Errors: ERR_BROKEN, without the name of the file.
 * Threads: the shared ones are for all threads.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "err.h"
#include "str.h"

#include <sys/types.h>

#define FRAMES_MOST ((size_t)4 << 20)
#define FRAMES_SHARED 24

struct frames;
struct frame;

/* Where a frame is: an open file, what file that is, and its range in it. */
struct frames_place {
	int fd;
	dev_t dev;
	ino_t ino;
	uint64_t at, end;
};

/* One frame of one's own, or a share in the common ones. Free with frames_free (accepts NULL). */
struct frames *frames_new(bool shared);
void frames_free(struct frames **s);
/* Takes a frame, which waits for whoever has it. 1; 0: it is larger than those that are kept, or
 * does not say how large; -1. */
int frames_take(struct frames *s, const struct frames_place *place, struct frame **out,
		struct err *err);
/* Gives it back (accepts NULL). false: what it holds is of no use. */
void frames_give(struct frames *s, struct frame **f, bool sound);
/* Was it kept from before? */
bool frames_old(const struct frame *f);
/* Bytes of its whole content. */
uint64_t frames_size(const struct frame *f);
/* Its first `to` bytes; at frames_size its checksum was compared. Borrowed until it is given back.
 * 1 or -1. */
int frames_text(struct frame *f, uint64_t to, struct str *out, struct err *err);

#endif
