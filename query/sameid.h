/* sameid: messages with one Message-ID and different bytes.
 *
 * What: a cursor over the Message-IDs that several stored messages have. Identical bytes are one
 *   message, so these differ. A Message-ID identifies nothing; this only reports.
 * Source: lib/index/schema.h, the terms with the prefix I, of all segments, merged in order. A
 *   term is a part of a hash; whether the Message-IDs are equal is looked up in the records.
 * Shape: pull. Messages that are not indexed, or quarantined, are not seen.
 * Errors: ERR_BROKEN archive or index; ERR_LATER the index changes too fast.
 */
#ifndef SAMEID_H
#define SAMEID_H

#include "archive.h"

struct sameid;

struct sameid_group {
	struct str message_id;
	const uint64_t *numbers; /* of the messages, ascending; two at least */
	size_t n;
};

/* Opens the index as it is published now; the archive is borrowed until sameid_close. */
int sameid_open(struct sameid **out, struct archive *ar, struct err *err);
/* The next group, until the next call. 1; 0 the end; -1. */
int sameid_next(struct sameid *s, struct sameid_group *out, struct err *err);
/* Counts all terms that several messages have, and these messages, without reading records. On a
 * fresh cursor, which is at its end then. 1 or -1. */
int sameid_count(struct sameid *s, uint64_t *groups, uint64_t *messages, struct err *err);
/* The highest message number that was looked at. */
uint64_t sameid_last(const struct sameid *s);
/* Accepts NULL. */
void sameid_close(struct sameid **s);

#endif
