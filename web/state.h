/* state: what the search page shows, all of it in its address.
 *
 * Shape: plain strings, "" for what is usual. A link elsewhere is a copy with something changed.
 */
#ifndef STATE_H
#define STATE_H

#include "markup.h"
#include "url.h"

struct state {
	struct str q, dialect, account, mailbox, sort, limit, total, copies, cursor;
	struct str open; /* the id of the message beside the list */
	struct str view; /* of that message: "html" */
	struct str timeline, facets; /* "1": they are shown */
	struct str pick; /* refine.h */
};

/* Reads an address. Values are borrowed from it, and not checked. */
void state_read(const struct url *u, struct state *out);
/* The address without what only pages know, in the arena: for ask_read. Orders other than by
 * date are taken out too. */
struct url state_ask(struct arena *a, const struct url *u);
/* Is it one of the orders that state_ask takes out? */
bool state_sorted(const struct state *s);
/* The same list from its first page on, with nothing open. */
struct state state_list(const struct state *s);
/* Writes its link, for an attribute. */
void state_href(struct markup *m, const struct state *s);
/* Writes "?q=…" for another page, so that it leads back here. */
void state_tail(struct markup *m, const struct state *s);

/* Writes a form's hidden field `back`: the page at that path with this state. */
void state_back(struct markup *m, const struct state *s, struct str path);

#endif
