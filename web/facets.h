/* facets: what hits have in common, as JSON.
 *
 * Source: docs/api.md; counted by query/facet.c.
 * Limits: the time of a search; FACETS_MAX values of a kind.
 */
#ifndef FACETS_H
#define FACETS_H

#include "call.h"
#include "facet.h"

#include <jansson.h>

enum { FACETS_TOP = 10, FACETS_MAX = 100 };

/* GET and POST /api/v1/facets */
route_handler facets_get;
/* All kinds as an object of arrays. A new reference. */
json_t *facets_json(struct arena *a, const struct facets *f);

#endif
