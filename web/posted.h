/* posted: parameters in the body of a request, as JSON.
 *
 * What: {"q":…,"limit":…} says the same as ?q=…&limit=…; "q" may also be a tree (jsonq.h), which
 *   then is of the dialect json.
 * Limits: URL_MAX_PARAMS members, none twice; the body's by http.h.
 * Errors: ERR_INPUT: no application/json, no object, a member that is no string, number or truth
 *   value, parameters in the address besides.
 */
#ifndef POSTED_H
#define POSTED_H

#include "call.h"

/* Of a POST: takes the parameters out of the body into c->url. Of others: nothing. 1 or -1. */
int posted_url(struct call *c, struct err *err);

#endif
