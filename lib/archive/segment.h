/* segment: the file that messages are appended to.
 *
 * What: tar members gathered into independent zstd frames. Knows neither catalog nor messages.
 * Shape: a member never straddles frames; small ones share a frame of about 1.25 MiB (before
 *   compression), a larger one streams into a frame of its own. Nothing is durable before
 *   segment_sync. Ended frames are compressed beside the work (press.h), so where a frame went is
 *   known only later, and for all of them after segment_flush.
 * Limits: members up to 8 GiB - 1.
 * Memory: that of press.h.
 * Errors: ERR_BROKEN (full or failing disk); the segment is not usable for writing after one.
 */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "press.h"
#include "spool.h"

#define SEGMENT_FRAME PRESS_FRAME
#define SEGMENT_HEAD 32 /* bytes before the first frame */
#define SEGMENT_END 1024 /* bytes of the last frame's content, when it is sealed */

struct segment;

/* A frame as written: file offsets of its start and end, bytes before compression. */
struct segment_frame {
	uint64_t start, end, raw;
};
/* Where a member went: its frame, as segment_frame will count it, and its bytes' offset within. */
struct segment_place {
	uint64_t nth, offset;
};

/* Writes "<dir>/segments/000001.tar.zst" into path (n bytes). */
void segment_path(char *path, size_t n, const char *dir, uint32_t number);
/* The number in the name of a segment's file, "000001.tar.zst"; 0: it is not one. */
uint32_t segment_number(const char *name);
/* The bytes every segment begins with, and a NUL. */
void segment_head(unsigned char head[SEGMENT_HEAD + 1], uint32_t number);
/* Makes a segment file without members (one that is there and has none is taken); durable with
 * its name. */
int segment_create(const char *dir, uint32_t number, struct err *err);
/* Opens it for appending behind `size`; bytes behind that are cut off. ERR_BROKEN when there
 * are fewer. Close with segment_close (accepts NULL; drops what was not flushed). */
int segment_open(struct segment **out, const char *dir, uint32_t number, uint64_t size,
		 struct err *err);
void segment_close(struct segment **s);
/* Appends a member: its headers as tarball_member made them, then body and padding. */
int segment_add(struct segment *s, struct str head, const struct spool_body *body,
		struct segment_place *out, struct err *err);
/* Ends the frame at hand and writes all that are not in the file yet. */
int segment_flush(struct segment *s, struct err *err);
/* Writes the end of a tar archive, two blocks of zeros, in a frame of their own, which
 * segment_frame does not tell of. Only behind segment_flush; nothing may be added then. */
int segment_end(struct segment *s, struct err *err);
/* fdatasync. */
int segment_sync(struct segment *s, struct err *err);
/* The next frame written; *nth_out counts them since segment_open, from 0. To be called until there
 * is none after each segment_add and segment_flush. 1; 0 none. */
int segment_frame(struct segment *s, uint64_t *nth_out, struct segment_frame *out);
/* Bytes in the file. */
uint64_t segment_size(const struct segment *s);
/* Cuts the file back to `size` and forgets what is not written; best effort, for giving up. */
void segment_cut(struct segment *s, uint64_t size);

#endif
