/* headsum: a number that stands for the fields of a header which tell mails apart.
 *
 * What: Message-ID, Date, From, Subject and Received, however they are folded and spelled.
 * Source: RFC 5322 2.2 (fields, folding).
 * Shape: the first 8 bytes of a SHA-256. Two mails with the same number may differ: what rests
 *   on it must be verified by other means.
 */
#ifndef HEADSUM_H
#define HEADSUM_H

#include "str.h"

/* What an IMAP server is asked for. */
#define HEADSUM_FIELDS "MESSAGE-ID DATE FROM SUBJECT RECEIVED"

/* Of a header, or a message (it ends at the first empty line). 1: *out; 0: none of the fields
 * is there. */
int headsum_of(struct str header, uint64_t *out);

#endif
