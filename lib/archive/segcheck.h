/* segcheck: everything the segments hold, checked, in the order of the files.
 *
 * What: every frame is decompressed (its checksum compared), every member walked, every message
 *   hashed. What is told of it leaves as events. Damage is an event too, and the walk goes on
 *   with the next frame. The catalog is not asked.
 * Shape: one child process for each core. They take turns of about CHUNK bytes; the caller gets
 *   the turns in order, so that it sees one row of events.
 * Memory: per process unframe's buffers, the records of a member, and one facts member.
 * Errors: ERR_BROKEN: a process cannot be made, or died.
 */
#ifndef SEGCHECK_H
#define SEGCHECK_H

#include "err.h"
#include "hash.h"

struct segcheck;

/* What to look at: the bytes of a segment's file before `to`. */
struct segcheck_range {
	uint32_t segment;
	uint64_t to;
	bool sealed; /* the range is the whole file, and ends with the end of the tar archive */
};

enum segcheck_kind {
	SEGCHECK_MESSAGE, /* sound; data: its pax records */
	SEGCHECK_DESTROYED, /* what is left of a message; data: its pax records */
	SEGCHECK_FACTS,   /* data: the lines */
	SEGCHECK_FRAME,   /* a frame is at its end, all members of it have been told */
	SEGCHECK_CLOSE,   /* a frame that holds the end of the tar archive, and no member */
	SEGCHECK_DAMAGE,  /* data: what is wrong */
	SEGCHECK_CUT,     /* the range ends with bytes that are no whole frame */
	SEGCHECK_TURN,    /* not seen by callers: the next process has the word; */
	SEGCHECK_END      /* it was the last */
};

/* Strings are borrowed until the next call. */
struct segcheck_event {
	enum segcheck_kind kind;
	uint32_t segment;
	uint64_t frame, end; /* bytes of the file; end is set for frames and damage */
	uint64_t raw;        /* FRAME: bytes of its content */
	uint64_t offset;     /* of the member's bytes in the frame's content */
	uint64_t size;       /* of the member */
	unsigned char hash[HASH_BYTES]; /* of a message */
	unsigned char leaf[HASH_BYTES]; /* of a message, or of what is left of it */
	struct str name, data;
};

/* Starts the processes (0: one for each core). Ranges are borrowed until segcheck_free. 1 or -1. */
int segcheck_start(struct segcheck **out, const char *dir, const struct segcheck_range *ranges,
		   size_t n, unsigned workers, struct err *err);
/* 1; 0 end; -1. */
int segcheck_next(struct segcheck *s, struct segcheck_event *out, struct err *err);
/* Ends the processes. Accepts NULL. */
void segcheck_free(struct segcheck **s);

#endif
