/* tsa: asks a time authority over HTTP or HTTPS.
 *
 * Source: RFC 3161, 3.4. libcurl.
 * Shape: one POST; no redirects; TLS is verified against the system's roots.
 * Limits: TIMESTAMP_MOST bytes, and the seconds given.
 * Errors: ERR_NET, without the URL, which may hold a password; ERR_USAGE: no http(s) URL.
 */
#ifndef TSA_H
#define TSA_H

#include "buf.h"
#include "err.h"

#include <stdint.h>

/* Sends the request; appends the answer to *out. 1 or -1. */
int tsa_ask(const char *url, uint64_t seconds, struct str request, struct buf *out,
	    struct err *err);

#endif
