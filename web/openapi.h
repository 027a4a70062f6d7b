/* openapi: the description of the REST interface, for programs and for people.
 *
 * Source: OpenAPI 3.1. web/openapi.json is kept by hand and compiled in;
 *   tests/live/test_contract.py holds the server to it.
 * Shape: route handlers.
 */
#ifndef OPENAPI_H
#define OPENAPI_H

#include "call.h"

/* GET /api/v1/openapi.json */
route_handler openapi_json;
/* GET /api: the same as a page */
route_handler openapi_page;

#endif
