/* message: one message for showing. The body of query_message and query_reading. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "query.h"
#include "segments.h"

/* Reads and parses a stored message into *out, its record from the index when that holds it.
 * Without segments it is made anew, but for what is inside attachments. All in the arena. 1 or
 * -1. */
int message_load(struct archive *ar, struct segments *segs, struct arena *a,
		 const struct archive_msg *msg, struct query_message *out, struct err *err);
/* The text a reader sees first: a text/plain part that is not attached and not blank, else
 * HTML as text, else any text. In the arena. */
struct html_seen message_reading(struct arena *a, const struct mail *m);

#endif
