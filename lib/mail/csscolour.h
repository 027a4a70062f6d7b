/* csscolour: a colour as CSS and HTML write it, and whether two can be told apart.
 *
 * Source: CSS Color Module Level 4, sections 5 and 6 (names, hexadecimal, rgb(), rgba()); without
 *   hsl() and the rest. WHATWG HTML 2.3.6 (legacy colours).
 * Shape: four bytes by value; alpha 0 is transparent.
 */
#ifndef CSSCOLOUR_H
#define CSSCOLOUR_H

#include "str.h"

struct csscolour {
	unsigned char r, g, b, alpha;
	bool known; /* false: some colour that was not understood */
};

/* No more than that between the channels of two colours: an eye does not tell them apart. */
enum { CSSCOLOUR_CLOSE = 10 };

/* A colour of CSS, in any case; hexadecimal also without its '#'. false: none of these. */
bool csscolour_read(struct str s, struct csscolour *out);
/* A colour of an old attribute, where anything is some colour. false: it is as if not there. */
bool csscolour_legacy(struct str s, struct csscolour *out);
/* What is seen of a colour laid upon another; unknown when that cannot be told. */
struct csscolour csscolour_over(struct csscolour top, struct csscolour under);
/* Is text of that colour not to be seen on that ground? false when it cannot be told. */
bool csscolour_lost(struct csscolour text, struct csscolour ground);

#endif
