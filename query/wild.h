/* wild: phrases whose words need not be told whole, and words near each other.
 *
 * What: word* and *infix* and w*d; words of scripts that are written without spaces, which are
 *   looked for inside the runs of text; NEAR. Decides of a mapped text, and narrows by terms.
 * Source: docs/search.md, "The search box".
 * Shape: the parser makes phrases, in the query's arena; a leaf has one (QNODE_WILD) or two
 *   (QNODE_NEAR, whose number says within how many words).
 */
#ifndef WILD_H
#define WILD_H

#include "narrow.h"
#include "qnode.h"

/* Of so many words a phrase is made at most. */
#define WILD_MAX_WORDS 64
#define WILD_MAX_DISTANCE 1000

/* A word of a query: its pieces in this order in one word of the text. */
struct wild_word {
	const struct str *pieces; /* mapped */
	size_t n;
	bool front, back; /* may more stand before the first, behind the last? */
	bool plain;       /* it has no marks: marks in the text do not count */
};
struct wild_phrase {
	const struct wild_word *words;
	size_t n;
	struct str text; /* as typed */
};

/* The words of a text as typed, in the arena, from *rest (mapped text) on; stars: '*' is wild.
 * Returns how many, WILD_MAX_WORDS at most. */
size_t wild_words(struct arena *a, struct str *rest, bool stars, const struct wild_word **out);
/* Does the phrase need no more than the whole words of QNODE_WORD? */
bool wild_is_plain(const struct wild_phrase *p);
/* Does a mapped text hold what the leaf asks for? */
bool wild_holds(struct str mapped, const struct qnode *q);
/* Marks the documents that may. 1 or -1. */
int wild_narrow(struct narrow *n, const struct qnode *q, struct bits *maybe, struct err *err);

#endif
