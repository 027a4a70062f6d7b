/* partkind: what people call a kind of attachment: has:pdf, has:spreadsheet.
 *
 * Shape: by the declared type, and by the end of the name where that type says nothing.
 */
#ifndef PARTKIND_H
#define PARTKIND_H

#include "record.h"

/* The kind of a part, or NULL: of none that has a name, or a text that is not attached. */
const char *partkind_of(const struct record_part *p);
/* The kind of that name (in any case; also "attachment", and other words for some), as the index
 * has it; NULL: there is none. */
const char *partkind_find(struct str name);

#endif
