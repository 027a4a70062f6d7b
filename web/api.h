/* api: REST under /api/v1, and /healthz.
 *
 * Source: docs/api.md.
 * Shape: route handlers; see route.h for what they return.
 */
#ifndef API_H
#define API_H

#include "call.h"

enum { API_MAX_TEXT = 8 << 20 /* of a message, as JSON */ };

/* GET /api/v1/search */
route_handler api_search;
/* GET /api/v1/messages/{id} */
route_handler api_message;
/* GET /api/v1/messages/{id}/raw */
route_handler api_raw;
/* GET /api/v1/messages/{id}/parts/{number} */
route_handler api_part;
/* GET /healthz */
route_handler api_health;

#endif
