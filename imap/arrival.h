/* arrival: when a message came, by its own header.
 *
 * What: the date of the topmost Received field, which the last server wrote; without a usable one,
 *   the Date field.
 * Source: RFC 5322 3.6.7 (the date stands behind the last semicolon).
 * Shape: only as good as the header: for servers that tell no date themselves.
 */
#ifndef ARRIVAL_H
#define ARRIVAL_H

#include "str.h"

/* Of a header, or a message (the header ends at the first empty line). 1: *date, seconds UTC, and
 * *zone, minutes east; 0: there is no date to be used. */
int arrival_of(struct str header, int64_t *date, int16_t *zone);

#endif
