/* header: a header block -> fields.
 *
 * Source: RFC 5322 2.2; docs/search.md, "Header block" and "Fields", where malformed.
 * Memory: names and raw values borrow from the block; values from the decoded block in the arena.
 */
#ifndef HEADER_H
#define HEADER_H

#include "mail.h"

struct header {
	struct mail_field *fields;
	size_t n;
	struct str text; /* the decoded block: name, separator as written, value, LF */
};

/* Reads a block, from its first octet up to (without) the empty line. */
void header_parse(struct arena *a, struct str block, struct header *out);
/* The value in a raw field (behind the colon) on one line: separator and line ends removed, a
 * TAB that begins a continuation line is SP. Not decoded. Borrows when it was on one line. */
struct str header_unfold(struct arena *a, struct str raw);
/* The first field of that name, without case, or NULL. */
const struct mail_field *header_find(const struct mail_field *f, size_t n, struct str name);

#endif
