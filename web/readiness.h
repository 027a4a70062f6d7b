/* readiness: may requests be sent here, and if not, why?
 *
 * Source: docs/operate.md, "Health".
 */
#ifndef READINESS_H
#define READINESS_H

#include "call.h"

/* GET /readyz: 200, or 503 with the reasons. */
route_handler readiness_get;
/* Why it is not ready, a text each. */
void readiness_look(struct call *c, json_t *reasons);

#endif
