/* refine: narrowing by what the hits have in common, at the side of the list.
 *
 * Shape: what was picked stands in the address, not in the search box (requery.h). The values of a
 *   kind are counted as if none of it was picked, so that others can be added.
 * Limits: REFINE_TOP values of a kind; REFINE_MS for counting, what was counted by then is said to
 *   be at least so many.
 */
#ifndef REFINE_H
#define REFINE_H

#include "ask.h"
#include "markup.h"
#include "state.h"

enum { REFINE_TOP = 8, REFINE_MS = 2000 };

/* Writes the values that can be picked, with their counts. 1 or -1. */
int refine_write(struct markup *m, const struct ask *k, const struct state *s, struct err *err);
/* Writes what is picked, each with a link that takes it back. */
void refine_picked(struct markup *m, const struct state *s);

#endif
