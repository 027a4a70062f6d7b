/* reader: message bytes out of the segments.
 *
 * What: reads what the catalog points at and believes nothing: the tar header before the message
 *   (name and size), and, when the whole message is read, its SHA-256.
 * Memory: the frames read last are kept, those of at most 4 MiB; larger ones stream. Of a kept one
 *   only what was needed so far is decompressed.
 * Errors: ERR_BROKEN with the segment file named; ERR_INPUT when *out has no room.
 */
#ifndef READER_H
#define READER_H

#include "archive.h"

struct reader;

/* dir is borrowed. So many frames are kept: 1 for reading in order. Free with reader_free (accepts
 * NULL). */
struct reader *reader_new(const char *dir, unsigned frames);
void reader_free(struct reader **r);
/* As archive_read and archive_copy_out. */
int reader_read(struct reader *r, const struct archive_msg *m, size_t max, struct buf *out,
		struct err *err);
int reader_copy_out(struct reader *r, const struct archive_msg *m, int fd, struct err *err);

#endif
