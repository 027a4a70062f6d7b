/* range: a piece of an answer, or none of it.
 *
 * Source: RFC 9110 14 (one range of bytes; of several, or of other units, nothing is said: then
 *   the whole is sent), 13.1.5 (If-Range).
 * Shape: range_apply comes last, when the whole answer stands in the response.
 */
#ifndef RANGE_H
#define RANGE_H

#include "http.h"

/* Does the asker have the entity with that ETag already (RFC 9110 13.1.2)? */
bool range_known(const struct http_request *req, struct str etag);
/* Reads "bytes=5-9", "bytes=5-", "bytes=-4". 1: first..last of `size` bytes; 0: to be ignored; -1:
 * there are no such bytes. */
int range_parse(struct str value, uint64_t size, uint64_t *first, uint64_t *last);
/* Cuts the answer down to what the request's Range asks for: 206 or 416. `etag`: of the whole, what
 * If-Range is compared with. In the arena. */
void range_apply(const struct http_request *req, struct str etag, struct http_response *resp);

#endif
