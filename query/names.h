/* names: addresses that stand in the archive, by a piece of them.
 *
 * What: those of From, To and Cc, from the index's columns; for completion.
 * Limits: pieces below NAMES_INFIX bytes are looked for where addresses begin only.
 * Errors: ERR_BROKEN.
 */
#ifndef NAMES_H
#define NAMES_H

#include "query.h"

enum { NAMES_INFIX = 3 };

struct names_ask {
	struct str piece;        /* in lower case, not "" */
	size_t max;
	const struct rights *rights;
};

struct names_hit {
	struct str name;
	uint64_t messages;
	bool begins; /* with the piece */
};

/* Those that begin so first, then by the number of messages; only of messages that the rights let
 * one read, and that are not masked. In the arena. 1 or -1. */
int names_like(struct qdb *db, struct arena *a, const struct names_ask *ask,
	       const struct names_hit **out, size_t *n_out, struct err *err);

#endif
