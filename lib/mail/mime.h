/* mime: a message -> its tree of parts.
 *
 * Source: RFC 2046 5.1; docs/search.md, "Parts", where malformed.
 * Shape: fills of each part what can be said without its text: parent, type, charset, fields,
 *   header, body, encoding, searched, and the marks DEPTH, PARTS and NO_BODY.
 */
#ifndef MIME_H
#define MIME_H

#include "mail.h"

#define MIME_BOUNDARY_MAX 80

struct mime {
	struct mail_part *parts;
	size_t n;
};

/* Splits a whole message. Everything is in the arena or borrows from raw. */
void mime_split(struct arena *a, struct str raw, const struct mail_limits *lim, struct mime *out);
/* Is this part a multipart, a message/rfc822? */
bool mime_is_multipart(const struct mail_part *p);
bool mime_is_message(const struct mail_part *p);

#endif
