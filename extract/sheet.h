/* sheet: the cells of an Office Open XML workbook.
 *
 * What: names of the sheets, then each row as a line: strings, numbers as they are stored, dates
 *   as 2024-03-05, truth values. Formulas give their last result.
 */
#ifndef SHEET_H
#define SHEET_H

#include "document.h"

void sheet_read(struct document *d);

#endif
