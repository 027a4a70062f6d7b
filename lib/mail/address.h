/* address: address lists written out, as FROM, TO, CC and BCC see them.
 *
 * Source: RFC 5322 3.4 with its obsolete forms; docs/search.md, "Address lists written out".
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "arena.h"

struct address_forms {
	struct str quoted; /* names and local parts in quotes where they need them */
	struct str bare;   /* the same without quotes and escapes */
	bool malformed;    /* some address could not be read; it is in neither form */
};

/* Writes out an unfolded field value. Encoded words are not decoded: do that behind it. */
void address_write(struct arena *a, struct str value, struct address_forms *out);

#endif
