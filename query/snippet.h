/* snippet: plain text around the first hit in a message's body, for result lists.
 *
 * Limits: the first MiB of each part is looked at; a snippet has about 200 bytes.
 */
#ifndef SNIPPET_H
#define SNIPPET_H

#include "qnode.h"
#include "record.h"

/* What a query looks for in bodies: the needles that are not negated. */
struct snippet_needles {
	const struct str *mapped;
	size_t n;
};
/* Collects them from a tree, in the arena. */
struct snippet_needles snippet_needles(struct arena *a, const struct qnode *q);
/* The text around the first of them, in the arena; "" when none stands in a body. */
struct str snippet_make(struct arena *a, const struct record *r,
			const struct snippet_needles *needles);

#endif
