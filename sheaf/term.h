/* term: text for terminals.
 *
 * What: texts of mails without anything a terminal would obey, cut to a number of columns.
 * Source: ECMA-48 (control characters); Unicode TR9 (direction controls).
 * Units: columns; wide characters count two, combining marks none.
 */
#ifndef TERM_H
#define TERM_H

#include "arena.h"

#include <stdio.h>

/* Columns of the terminal at standard output ($COLUMNS wins); 0: none, nothing should be cut. */
unsigned term_columns(void);
/* s without control characters, direction controls and malformed octets ('?' instead, blank for
 * TAB and line ends; `lines` keeps TAB and LF). In the arena. */
struct str term_clean(struct arena *a, struct str s, bool lines);
/* Cleaned, and cut with "…" or filled with blanks to exactly n columns; n 0: cleaned only. */
struct str term_fit(struct arena *a, struct str s, unsigned n);
/* Columns that a cleaned string takes. */
unsigned term_width(struct str s);

#endif
