/* compound: a compound file (OLE2): finds out whose it is, and has it read.
 *
 * What: Word, Excel, PowerPoint, Outlook; office files with a password; a document packed into
 *   another as an object.
 */
#ifndef COMPOUND_H
#define COMPOUND_H

#include "document.h"

/* Reads it onto the board. */
void compound_read(struct document *d);

#endif
