/* stem: words without their endings, for FUZZY and lang:.
 *
 * What: the stem of a mapped token: the endings of a language are taken off (Snowball; English:
 *   Porter 2) where it is made of ASCII letters; any other token is its own stem. Marks do not
 *   count.
 * Source: RFC 6203 leaves it to us; docs/search.md says what we do.
 * Shape: a stemmer for a query.
 */
#ifndef STEM_H
#define STEM_H

#include "arena.h"

struct stem;

/* The code of a language as stem_open wants it ("de"), in any case; NULL: not one of ours. */
const char *stem_language(struct str code);
/* A stemmer for a language by its code; NULL: English. */
void stem_open(struct stem **out, const char *language);
/* Accepts NULL. */
void stem_close(struct stem **s);
/* The stem of a mapped token (casemap.h, token.h), in the arena: letters in lower case, or the
 * token without marks. */
struct str stem_of(struct stem *s, struct arena *a, struct str token);
/* What every mapped token of that stem begins with, marks aside, in mapped form. In the arena. */
struct str stem_prefix(struct arena *a, struct str stem, const char *language);

#endif
