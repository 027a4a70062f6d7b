/* snippet: plain text around the first hit in a message's body, for result lists.
 *
 * Limits: the first MiB of each part is looked at; a snippet has about 200 bytes.
 */
#ifndef SNIPPET_H
#define SNIPPET_H

#include "qnode.h"
#include "record.h"

/* What a query looks for in bodies: the needles that are not negated. */
struct snippet_needle {
	struct str mapped, bare; /* bare: without diacritics */
	bool word, prefix;       /* a whole word; what a word begins with */
	bool further;            /* a phrase's second word or a later one */
};
struct snippet_needles {
	const struct snippet_needle *list;
	size_t n;
};
/* A piece of a snippet, in bytes. */
struct snippet_mark {
	size_t at, n;
};
/* Collects them from a tree, in the arena. */
struct snippet_needles snippet_needles(struct arena *a, const struct qnode *q);
/* The text around the first of them, in the arena; "" when none stands in a body. */
struct str snippet_make(struct arena *a, const struct record *r,
			const struct snippet_needles *needles);
/* Where the needles stand in a text (case and diacritics aside), in order and apart. In the
 * arena. */
size_t snippet_marks(struct arena *a, struct str text, const struct snippet_needles *needles,
		     const struct snippet_mark **out);

#endif
