/* recur: which header lines come again and again in a run of messages.
 *
 * What: counts by hash, in a table of fixed size. A line is frequent from its RECUR_LINES-th time
 *   on.
 * Limits: two texts of one hash are counted as one, so that a rare one may pass for frequent: it
 *   costs a posting. Nothing rests on the counts but size and speed.
 */
#ifndef RECUR_H
#define RECUR_H

#include "str.h"

#include <stdbool.h>

#define RECUR_LINES 6

struct recur;

/* Empty counts. recur_free accepts NULL. */
struct recur *recur_new(void);
void recur_free(struct recur **r);
/* Counts a line. Is it frequent by now? */
bool recur_line(struct recur *r, struct str line);

#endif
