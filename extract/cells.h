/* cells: what the readers of spreadsheets have in common.
 *
 * What: a table of shared strings; which number formats show dates; numbers and dates as text.
 */
#ifndef CELLS_H
#define CELLS_H

#include "board.h"
#include "buf.h"

enum { CELLS_STYLES = 4096, CELLS_FORMATS = 1024 };

struct cells {
	struct buf strings; /* all of them, one behind the other */
	size_t *at;         /* where string i begins */
	size_t n, cap;
	uint32_t dated[CELLS_FORMATS]; /* numbers of formats that show dates */
	size_t n_dated, n_styles;
	bool date[CELLS_STYLES]; /* by the index of a cell's style */
};

/* All zero is ready but for this. cells_free gives everything back. */
void cells_init(struct cells *c);
void cells_free(struct cells *c);
/* Begins the next shared string; its text goes to c->strings. */
void cells_string(struct cells *c);
/* Writes shared string i. */
void cells_put_string(const struct cells *c, struct board *b, uint32_t i);
/* A format's number and code, then a style's format. */
void cells_format(struct cells *c, uint32_t number, struct str code);
void cells_style(struct cells *c, uint32_t format);
/* Does this style show dates? */
bool cells_dated(const struct cells *c, uint32_t style);
/* A number as it is stored, or as the date it shows. */
void cells_number(const struct cells *c, struct board *b, double v, uint32_t style);

#endif
