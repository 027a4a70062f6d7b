/* threading: threads, by HTTP.
 *
 * Source: docs/api.md.
 */
#ifndef THREADING_H
#define THREADING_H

#include "call.h"

#include <jansson.h>

struct thread;

/* GET /api/v1/messages/{}/thread: the thread of a message. */
route_handler threading_of;
/* GET /api/v1/threads/{}: a thread by its id. */
route_handler threading_one;
/* Lines from..to of a thread as JSON: hits with their depth. NULL with *err set. */
json_t *threading_shape(struct arena *a, struct shape_mailboxes *boxes, const struct thread *t,
			size_t from, size_t to, struct err *err);

#endif
