/* shelf: tags and saved searches at the side of the list.
 *
 * Shape: links that search; of saved searches also their feed, and for their owner a button that
 *   removes them. The search at hand can be saved under a name.
 * Source: docs/pages.md, docs/saved.md.
 * Limits: SHELF_MAX of each are shown; that there are more is said.
 */
#ifndef SHELF_H
#define SHELF_H

#include "call.h"
#include "markup.h"
#include "state.h"

enum { SHELF_MAX = 40 };

/* Writes both, for the side. 1 or -1. */
int shelf_write(struct markup *m, struct call *c, const struct state *s, struct err *err);
/* Writes the form that saves a search, when who asks may; text: the query as it was asked. */
void shelf_save(struct markup *m, const struct call *c, const struct state *s, struct str text);

/* POST /saved, POST /saved/{}/remove */
route_handler shelf_new, shelf_remove;

#endif
