/* boxdate: dates as people type them into the search box.
 *
 * What: "2020", "2020-03", "2020-03-05", and "A..B" of two of them, as days.
 */
#ifndef BOXDATE_H
#define BOXDATE_H

#include "str.h"

/* The days it covers: from the first day up to, not including, the end. 1; 0: not a date. */
int boxdate_parse(struct str s, int32_t *first, int32_t *end);
/* The same for "A..B" as well. */
int boxdate_range(struct str s, int32_t *first, int32_t *end);

#endif
