/* doc97: the text of a .doc, Word 6 to 2003.
 *
 * What: body, notes, headers, comments and text boxes, which are one run of characters in pieces.
 * Source: [MS-DOC] 2.4.1 (piece table).
 */
#ifndef DOC97_H
#define DOC97_H

#include "document.h"
#include "ole.h"

/* Reads it onto the board. */
void doc97_read(struct document *d, const struct ole *o);

#endif
