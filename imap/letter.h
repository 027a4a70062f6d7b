/* letter: one message on its way, until all of it is here.
 *
 * What: gathers the pieces of a message; small ones in memory, large ones in an unlinked file,
 *   those beyond the limit nowhere. Sent on whole, so that a slow server never holds up the
 *   parent, which may have other children.
 * Limits: LETTER_MEMORY bytes in memory.
 * Errors: ERR_BROKEN: the disk.
 */
#ifndef LETTER_H
#define LETTER_H

#include "feed.h"

#define LETTER_MEMORY ((uint64_t)1 << 20)

struct letter {
	const char *dir; /* for the file; borrowed */
	struct buf mem;
	int fd;          /* the file, -1: not made yet */
	uint64_t size;   /* announced; without: the limit */
	uint64_t have;   /* so far */
	bool open;       /* its size is not known before its end */
	bool too_large;
};

/* Ready for the first message. Free with letter_free. */
void letter_init(struct letter *l, const char *dir);
void letter_free(struct letter *l);
/* A message of that many bytes begins. What was there before is dropped. */
void letter_begin(struct letter *l, uint64_t size, uint64_t max);
/* The same, of a message whose size only letter_end tells. */
void letter_open(struct letter *l, uint64_t max);
/* That was all of it. */
void letter_end(struct letter *l);
/* A piece of it. 1 or -1. */
int letter_add(struct letter *l, struct str piece, struct err *err);
/* Sends r (whose size is set here) and the bytes. All of the message must be here. 1 or -1. */
int letter_send(struct letter *l, struct feed *f, struct feed_record *r, struct err *err);

#endif
