/* access: the access log: one line a request, without anything that is looked for or read.
 *
 * Source: docs/operate.md, "Access log".
 * Shape: time, address, who, method, the route's pattern (never the address that was asked for),
 *   status, bytes, milliseconds, request id. Lines are written whole, from several threads.
 */
#ifndef ACCESS_H
#define ACCESS_H

#include "call.h"

/* Opens the file to append to; "-" is standard error, NULL: no log. 1 or -1. */
int access_begin(const char *path, struct err *err);
/* Opens it anew, after somebody has moved it away. */
void access_reopen(void);
void access_end(void);
/* One line. route NULL: none was found; who NULL: nobody. */
void access_line(const struct http_request *req, const struct route *route,
		 const struct person *who, const struct http_response *resp, uint64_t us);

#endif
