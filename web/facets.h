/* facets: what hits have in common, as JSON.
 *
 * Source: docs/api.md; counted by query/facet.c.
 * Limits: the time of a search; FACETS_MAX values of a kind.
 */
#ifndef FACETS_H
#define FACETS_H

#include "call.h"

enum { FACETS_TOP = 10, FACETS_MAX = 100 };

/* GET and POST /api/v1/facets */
route_handler facets_get;

#endif
