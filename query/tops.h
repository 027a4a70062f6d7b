/* tops: top headers of messages that were read one by one, for the next query.
 *
 * What: some messages are candidates of nearly every query (what has marks for cut terms); of these
 *   no more than the top header need be read, and it is the same each time.
 * Shape: one in each of TOPS_PLACES places. A header that was asked for again gives way only after
 *   as many others wanted its place. It belongs to a read handle.
 */
#ifndef TOPS_H
#define TOPS_H

#include "archive.h"

enum { TOPS_PLACES = 256, TOPS_BYTES = 8 << 10 };

struct tops;

/* Empty. */
struct tops *tops_new(void);
/* Accepts NULL. */
void tops_free(struct tops **t);
/* Forgets all. */
void tops_clear(struct tops *t);
/* The header with its empty line, borrowed until the next call. alone: the message has no other
 * part. False: it is not there. */
bool tops_get(struct tops *t, const struct archive_msg *m, struct str *out, bool *alone);
/* Keeps a copy, unless it is too long or its place is wanted more. */
void tops_put(struct tops *t, const struct archive_msg *m, struct str top, bool alone);

#endif
