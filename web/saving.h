/* saving: saved searches by HTTP.
 *
 * Source: docs/api.md, docs/saved.md.
 * Shape: everybody has their own, and sees those that others share; only the owner changes one.
 */
#ifndef SAVING_H
#define SAVING_H

#include "call.h"
#include "saved.h"

#include <jansson.h>

/* The one a path names (its first "{}"), if who asks may use it. 1; 0; -1. */
int saving_find(struct call *c, struct saved *out, struct err *err);
/* Keeps a new one for who asks: of *s name and query with its dialect, account and mailbox. What
 * was not understood goes to *warnings, to be let go of. 1 or -1. */
int saving_add(struct call *c, struct saved *s, json_t **warnings, struct err *err);
/* Removes the one a path names, if it belongs to who asks. 1; 0; -1. */
int saving_drop(struct call *c, struct err *err);
/* What it searches, with the rights of who asks. */
struct query_options saving_options(const struct call *c, const struct saved *s);

/* GET, POST /api/v1/saved-searches; GET, PUT, DELETE /api/v1/saved-searches/{id} */
route_handler saving_all;
route_handler saving_new;
route_handler saving_one;
route_handler saving_change;
route_handler saving_remove;

#endif
