/* reader: message bytes out of the segments.
 *
 * What: reads what the catalog points at and believes nothing: the tar header before the message
 *   (name and size), and, when the whole message is read, its SHA-256.
 * Memory: the frames read last are kept (frames.h); larger ones stream.
 * Errors: ERR_BROKEN with the segment file named; ERR_INPUT when *out has no room.
 */
#ifndef READER_H
#define READER_H

#include "archive.h"

struct reader;

/* dir is borrowed. One frame is kept, which is enough for reading in order; scattered: the common
 * ones. Free with reader_free (accepts NULL). */
struct reader *reader_new(const char *dir, bool scattered);
void reader_free(struct reader **r);
/* As archive_read and archive_copy_out. */
int reader_read(struct reader *r, const struct archive_msg *m, size_t max, struct buf *out,
		struct err *err);
int reader_copy_out(struct reader *r, const struct archive_msg *m, int fd, struct err *err);

#endif
