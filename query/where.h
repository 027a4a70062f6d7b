/* where: in which texts of a message the words of a query were found.
 *
 * What: for people: "in the subject, in budget.xlsx". What was found is what the matcher finds,
 *   text by text; what is negated was not looked for. Texts of messages whose record does not hold
 *   them are not read again for this: the list is then empty.
 */
#ifndef WHERE_H
#define WHERE_H

#include "match.h"
#include "query.h"

/* Fills *out for the message the matcher is at. In the arena. 1 or -1. */
int where_find(struct match *m, const struct match_tree *tree, struct arena *a, struct where *out,
	       struct err *err);

#endif
