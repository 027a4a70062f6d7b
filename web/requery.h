/* requery: a query with something added to it: what was picked at the side, a time.
 *
 * Shape: what is picked are lines "kind:value" in the state's `pick`. Values of one kind are joined
 *   by OR, kinds by AND. Only the search box knows picks.
 * Limits: REQUERY_PICKS of them count.
 * Memory: everything in the arena.
 */
#ifndef REQUERY_H
#define REQUERY_H

#include "arena.h"
#include "state.h"

enum { REQUERY_KINDS = 9, REQUERY_PICKS = 20 };

/* The query with all that is picked. */
struct str requery_all(struct arena *a, const struct state *s);
/* The same without what is picked of one kind. */
struct str requery_but(struct arena *a, const struct state *s, size_t kind);
/* Is a line of that kind? Then *value is the rest of it. */
bool requery_of_kind(struct str line, size_t kind, struct str *value);
/* Is this value picked? */
bool requery_has(const struct state *s, size_t kind, struct str value);
/* The picks without this one, or with it when it was not there. */
struct str requery_toggle(struct arena *a, const struct state *s, size_t kind, struct str value);
/* The query with a time instead of the last one that was added so. `first` and `last` are years,
 * months or days, such as "2020-03". */
struct str requery_time(struct arena *a, const struct state *s, const char *first,
			const char *last);

#endif
