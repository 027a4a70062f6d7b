/* caret: the word that the cursor stands in, of a search-box query.
 *
 * Memory: slices borrow from the query.
 */
#ifndef CARET_H
#define CARET_H

#include "str.h"

/* Does the character end a word? */
bool caret_ends(char c);
/* The word of the search box that byte `at` stands in or behind. */
struct caret_word {
	size_t from, to;  /* what a suggestion replaces: bytes */
	struct str field; /* before the colon, "" when there is none */
	struct str piece; /* what was typed of it, up to the cursor */
};
struct caret_word caret_word(struct str q, size_t at);

#endif
