/* recur: which header lines and words come again and again in a run of messages.
 *
 * What: counts by hash, in two tables of fixed size. A line is frequent from its RECUR_LINES-th
 *   time on; a word of RECUR_LEAST bytes while it is in more than one of RECUR_SHARE messages
 *   (short ones are many, and would prove little).
 * Limits: two texts of one hash are counted as one, so that a rare one may pass for frequent: it
 *   costs a posting. Nothing rests on the counts but size and speed.
 */
#ifndef RECUR_H
#define RECUR_H

#include "str.h"

#include <stdbool.h>

#define RECUR_LINES 6
#define RECUR_SHARE 64
#define RECUR_LEAST 6

struct recur;

/* Empty counts. recur_free accepts NULL. */
struct recur *recur_new(void);
void recur_free(struct recur **r);
/* Another message begins. */
void recur_message(struct recur *r);
/* Counts a line, a word. Is it frequent by now? */
bool recur_line(struct recur *r, struct str line);
bool recur_word(struct recur *r, struct str word);

#endif
