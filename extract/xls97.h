/* xls97: the cells of a .xls, Excel 5 to 2003.
 *
 * What: names of the sheets, then each row as a line: strings, numbers, dates, truth values, the
 *   last results of formulas, comments, texts of shapes.
 * Source: [MS-XLS] (BIFF8), OpenOffice's documentation of BIFF5.
 */
#ifndef XLS97_H
#define XLS97_H

#include "document.h"
#include "ole.h"

/* Reads it onto the board. */
void xls97_read(struct document *d, const struct ole *o);

#endif
