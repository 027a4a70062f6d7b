/* boxdate: dates as people type them into the search box.
 *
 * What: "2020", "2020-03", "2020-03-05", "5 March 2020", "5.3.2020", "yesterday", "last week",
 *   "3w" (the last three weeks), "monday", and "A..B" of two of them, as days. Letters in either
 *   case.
 * Source: docs/search.md, "Dates".
 * Limits: texts of more than 40 bytes are no date.
 */
#ifndef BOXDATE_H
#define BOXDATE_H

#include "str.h"

struct boxdate {
	int32_t first, end; /* from the first day up to, not including, the end */
	bool ambiguous;     /* 5/3/2020: read as the fifth of March */
	bool swapped;       /* "2021..2019" */
};

/* The days that are meant, today being a day since 1970-01-01. 1; 0: not a date. */
int boxdate_parse(struct str s, int32_t today, struct boxdate *out);
/* The same for "A..B", "A.." and "..B" as well. */
int boxdate_range(struct str s, int32_t today, struct boxdate *out);
/* Today where this computer stands. */
int32_t boxdate_today(void);

#endif
