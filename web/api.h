/* api: REST under /api/v1, and /healthz.
 *
 * Source: docs/api.md.
 * Shape: route handlers; see route.h for what they return.
 */
#ifndef API_H
#define API_H

#include "call.h"

enum { API_MAX_TEXT = 8 << 20 /* of a message, as JSON */ };

/* GET and POST /api/v1/search */
route_handler api_search;
/* GET and POST /api/v1/count: how many, and no messages */
route_handler api_count;
/* GET and POST /api/v1/explain: what the index says of a query */
route_handler api_explain;
/* GET /api/v1/messages/{id} */
route_handler api_message;
/* GET /healthz */
route_handler api_health;

#endif
