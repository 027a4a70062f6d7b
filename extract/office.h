/* office: the text of Office Open XML and OpenDocument files.
 *
 * What: properties, the body, tables, headers, footers, notes, comments, charts' labels, in the
 *   order in which they stand in the file; documents inside it as members of a container.
 *   Text that was deleted with changes tracked is still in the file, and is read.
 * Source: ISO/IEC 29500, OpenDocument 1.2.
 */
#ifndef OFFICE_H
#define OFFICE_H

#include "document.h"

/* Is this zip one of them? Sets the type when it is. 1; 0; -1 it is, and has a password, and the
 * board says so. */
int office_is(struct document *d);
/* Reads it onto the board. */
void office_read(struct document *d);

#endif
