/* explain: what a query did, as text for people. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "query.h"

/* Some lines, in the arena. */
struct str explain_text(struct arena *a, const struct query_account *x);

#endif
