/* lang: the language of a search-box query, by its own word lang:.
 *
 * What: "lang:de häuser" finds every word of that stem; without lang: words are what is typed.
 *   It holds for the whole query; words in quotes and phrases stay what they are.
 * Source: docs/search.md, "Languages"; docs/decisions/0012-languages.md.
 */
#ifndef LANG_H
#define LANG_H

#include "qnode.h"

/* Takes the first lang:CODE of a language we know out of a query: blanks stand there instead, so
 * that columns stay. NULL: there is none, *text is as it was; else the language (stem.h). */
const char *lang_take(struct arena *a, struct str *text);
/* A tree like it whose single words are stems. text: what it was parsed from. In the arena. */
const struct qnode *lang_apply(struct arena *a, const struct qnode *root, struct str text,
			       const char *language);

#endif
