/* segwalk: the members of a segment, one after another, with no catalog at hand.
 *
 * What: what a stranger's tar would see; for recovery, for verify, for rebuilding the catalog.
 * Shape: open, then next; the bytes of a member in pieces by segwalk_read, or skipped by next.
 * Limits: pax records of one member to 1 MiB; what is larger is damaged.
 * Memory: unframe's buffers and the records; never a whole member.
 * Errors: ERR_BROKEN for everything that is not a sound segment, with the byte of the frame.
 */
#ifndef SEGWALK_H
#define SEGWALK_H

#include "buf.h"
#include "err.h"

struct segwalk;

/* A member; strings are borrowed until the next segwalk_next. */
struct segwalk_member {
	struct str name;
	uint64_t size;
	int64_t mtime;
	struct str records;     /* for tarball_next */
	uint64_t frame, offset; /* of its bytes: frame in the file, place in the frame */
};

/* Reads fd, which is borrowed, from a frame's start on, up to `to` (UINT64_MAX: the end). */
struct segwalk *segwalk_new(int fd, uint64_t from, uint64_t to);
/* Begins anew elsewhere. */
void segwalk_start(struct segwalk *w, int fd, uint64_t from, uint64_t to);
/* Accepts NULL. */
void segwalk_free(struct segwalk **w);
/* 1; 0 end (blocks of zeros are one, and only zeros may follow them); -1. */
int segwalk_next(struct segwalk *w, struct segwalk_member *out, struct err *err);
/* The next bytes of the member, borrowed until the next call. 1; 0 end of the member; -1. */
int segwalk_read(struct segwalk *w, struct str *out, struct err *err);
/* How many commits are told in bytes [from, to) of the segment file. A damaged or unfinished
 * end stops the count and is no error. 1 or -1. */
int segwalk_commits(const char *path, uint64_t from, uint64_t to, int64_t *n_out, struct err *err);

#endif
