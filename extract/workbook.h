/* workbook: the cells of an Office Open XML workbook.
 *
 * What: names of the sheets, then each row as a line: strings, numbers as they are stored, dates
 *   as 2024-03-05, truth values. Formulas give their last result.
 */
#ifndef WORKBOOK_H
#define WORKBOOK_H

#include "document.h"

/* Reads it onto the board. */
void workbook_read(struct document *d);

#endif
