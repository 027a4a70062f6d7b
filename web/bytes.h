/* bytes: what a stored message consists of, piece by piece.
 *
 * Source: docs/api.md; RFC 6266 (Content-Disposition), RFC 9110 13 (If-None-Match).
 * Shape: route handlers; see route.h for what they return. What never changes has an ETag, and is
 *   asked for again all the same: who may read it can change.
 * Types: a part is sent as what it claims to be only where no browser runs anything in it
 *   (pictures made of pixels, plain text, PDF); always as a download, but for such pictures with
 *   inline=1 whose first bytes agree.
 */
#ifndef BYTES_H
#define BYTES_H

#include "call.h"

/* GET /api/v1/messages/{id}/raw */
route_handler bytes_raw;
/* GET /api/v1/messages/{id}/text: what a reader sees */
route_handler bytes_text;
/* GET /api/v1/messages/{id}/headers */
route_handler bytes_headers;
/* GET /api/v1/messages/{id}/parts */
route_handler bytes_parts;
/* GET /api/v1/messages/{id}/parts/{number} */
route_handler bytes_part;
/* GET /api/v1/messages/{id}/parts/{number}/text: what stands inside it */
route_handler bytes_part_text;
/* GET /api/v1/messages/{id}/copies */
route_handler bytes_copies;
/* The type that a part of a claimed type with such bytes is sent as. A constant, or in the
 * arena. */
const char *bytes_type(struct arena *a, const struct mail_part *p, struct str bytes);
/* Is it a picture of pixels, and do its first bytes say so? */
bool bytes_picture(struct str type, struct str bytes);

#endif
