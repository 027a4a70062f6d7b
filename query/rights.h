/* rights: in which accounts somebody may read.
 *
 * What: what lies outside is as if it were not there: no hit, no count, no copy.
 * Memory: borrowed from whoever made it.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "str.h"

struct rights {
	bool some;                  /* only in these; else in all accounts */
	const struct str *accounts; /* shell patterns, as scope.h has them */
	size_t n;
};

#endif
