/* jmap: the read side of JMAP.
 *
 * Source: RFC 8620, RFC 8621; docs/jmap.md.
 * Limits: JMAP_CALLS methods in a request; those of jmapbase.h and http.h.
 */
#ifndef JMAP_H
#define JMAP_H

#include "call.h"

enum { JMAP_CALLS = 32 };

/* GET /.well-known/jmap, /jmap/session: what there is, and where. */
route_handler jmap_session;
/* POST /jmap/api: a request of method calls. */
route_handler jmap_api;
/* GET /jmap/download/{account}/{blob}: the bytes of a message or part. */
route_handler jmap_download;

#endif
