/* hitmarks: in a message that a search found, the words it was found by stand out.
 *
 * Shape: the query is read again, not run; what it looks for in bodies is marked in the text for
 *   reading, as snippets mark it. A query that cannot be read marks nothing.
 * Memory: the request's arena.
 */
#ifndef HITMARKS_H
#define HITMARKS_H

#include "call.h"
#include "markup.h"
#include "state.h"

struct hitmarks {
	struct str text;
	const struct snippet_mark *list;
	size_t n, next; /* next: the first that was not passed */
};

/* Finds the marks of a text. */
struct hitmarks hitmarks_find(struct call *c, const struct state *s, struct str text);
/* Does one begin in these bytes of it? Pieces are asked about, and written, in order. */
bool hitmarks_in(const struct hitmarks *h, size_t from, size_t to);
/* Writes these bytes of it. The first mark has the id "hit". */
void hitmarks_write(struct markup *m, struct hitmarks *h, size_t from, size_t to);
/* Writes how many there are, with a link to the first. */
void hitmarks_count(struct markup *m, const struct hitmarks *h);

#endif
