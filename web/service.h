/* service: how the service fares, for who runs it: no mail, and no name of a mailbox.
 *
 * Source: docs/api.md, GET /api/v1/service; docs/operate.md, "Health".
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "call.h"

/* GET /api/v1/service */
route_handler service_api;
/* GET /service, for people */
route_handler service_page;

#endif
