/* stemterm: the terms of an index segment whose words have a stem.
 *
 * What: no stems are in the index; the words that begin like one are looked through.
 * Limits: STEMTERM_MOST words that begin so.
 */
#ifndef STEMTERM_H
#define STEMTERM_H

#include "iseg.h"
#include "stem.h"

#define STEMTERM_MOST 200000

struct stemterm {
	struct stem *stemmer;
	struct str stem, prefix; /* and what its words begin with (stem.h) */
	char kind;               /* prefix of the terms (schema.h) */
};
/* The terms, in the arena. 1; 0: too many words begin so. */
int stemterm_find(const struct iseg *seg, struct arena *a, const struct stemterm *s,
		  const struct str **out, size_t *n_out);

#endif
