/* headtext: the header lines of a message as the index keeps them, to be searched.
 *
 * What: the decoded lines of every part's header, mapped (casemap.h), a LF behind each. Those of
 *   the top header stand apart: HEADER looks for fields there, TEXT in all of them. So neither
 *   needs the message.
 * Source: docs/formats/index.md, "headers".
 * Shape: packed, it is what the file "headers" of a segment holds for each document (records.h).
 * Limits: lines that cannot be told from their mapped form (one with a line end of its own in it,
 *   a name that is not ASCII, a name or value that is not where the first colon says) and more
 *   than HEADTEXT_MAX bytes make it not `whole`: then the message itself is asked.
 * Memory: what is unpacked borrows the packed form.
 */
#ifndef HEADTEXT_H
#define HEADTEXT_H

#include "buf.h"
#include "mail.h"

#define HEADTEXT_MAX ((size_t)1 << 20)

struct headtext {
	bool whole;
	struct str top, rest;
};

/* Packs the header lines of a message, appended; m NULL: it must not be read. */
void headtext_pack(const struct mail *m, struct buf *out);
/* false: it is damaged. */
bool headtext_unpack(struct str packed, struct headtext *out);
/* Of what is whole: does a header have the mapped needle, which has no line end; does a field of
 * that mapped name of the top header? */
bool headtext_has(const struct headtext *h, struct str needle);
bool headtext_has_field(const struct headtext *h, struct str name, struct str needle);

#endif
