/* ppt97: the text of a .ppt, PowerPoint 97 to 2003.
 *
 * What: the text atoms of slides, notes and masters, in the order of the file.
 * Source: [MS-PPT] 2.9.
 */
#ifndef PPT97_H
#define PPT97_H

#include "document.h"
#include "ole.h"

/* Reads it onto the board. */
void ppt97_read(struct document *d, const struct ole *o);

#endif
