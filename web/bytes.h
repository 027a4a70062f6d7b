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
/* The message as it is stored, as the body. A large one goes through a file, so that memory does
 * not depend on its size. 1 or -1. */
int bytes_whole(struct archive *ar, const struct archive_msg *m, struct http_response *resp,
		struct err *err);

#endif
