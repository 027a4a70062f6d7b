/* httppost: one form sent to a web server, and its answer (libcurl).
 *
 * What: POST application/x-www-form-urlencoded. Certificates are verified against the system's
 *   store; redirections are not followed; http:// only when the caller allows the address.
 * Limits: 30 s in all, 64 KiB of answer.
 */
#ifndef HTTPPOST_H
#define HTTPPOST_H

#include "buf.h"
#include "err.h"

struct httppost_field {
	const char *name;
	struct str value;
};

/* Sends the fields with a value. 1: *status and the body in *out (any size limit of its own
 * holds beside ours); -1 (ERR_NET). No field's value comes into an error. */
int httppost_send(const char *url, const struct httppost_field *f, size_t n, struct buf *out,
		  long *status, struct err *err);
/* Appends s as it stands in a form or behind a '?': everything but letters, digits and -._~ as
 * %XX. */
void httppost_encode(struct buf *b, struct str s);

#endif
