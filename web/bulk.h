/* bulk: what is done with the messages selected in a list, or with all of it.
 *
 * Shape: bulk_open … bulk_close write a form round the list, with its check boxes; the handlers
 *   read it and lead back. Without JavaScript the selection is that of one page; with it, the
 *   field "ids" names those of others too.
 * Errors: ERR_INPUT: nothing is selected; those of tagging.h.
 */
#ifndef BULK_H
#define BULK_H

#include "ask.h"
#include "markup.h"
#include "state.h"
#include "tagging.h"

enum { BULK_MAX_IDS = 10000 };

/* Begins the form, with what can be done, when who asks may do any of it: then true. k: what the
 * list shows. */
bool bulk_open(struct markup *m, const struct ask *k, const struct state *s);
void bulk_close(struct markup *m);
/* Writes what came of it, as the address says behind `told`; nothing when it says nothing. */
void bulk_told(struct markup *m, struct str changes);
/* Which messages a posted form means; in the arena. 1 or -1. */
int bulk_read(struct call *c, const struct url *form, struct tagging_wish *out, struct err *err);

/* POST /tags, POST /tags/off: puts a tag on them, or takes it off. */
route_handler bulk_tag, bulk_untag;

#endif
