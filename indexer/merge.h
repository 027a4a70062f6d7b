/* merge: neighbouring index segments of one size become one.
 *
 * What: tiers. A segment of n messages is of tier t when MERGE_FAN^t <= n < MERGE_FAN^(t+1);
 *   MERGE_FAN or more neighbours of one tier, or of smaller ones among them, are joined. So each
 *   message is written again about log(n) times, and there are few segments.
 * Shape: the tail of the list, what stands behind the last segment of MERGE_SMALL messages or
 *   more, is joined by the updater, in a moment. The body before it is joined by a merger beside
 *   the updater, which may take minutes. What the one joins the other does not touch.
 */
#ifndef MERGE_H
#define MERGE_H

#include "segdir.h"

#define MERGE_FAN 8
#define MERGE_SMALL 512

enum merge_part { MERGE_TAIL, MERGE_BODY };

/* Finds runs of that part that should be joined: c->runs[*from .. *from + *n). 1; 0: none. */
int merge_plan(const struct current *c, enum merge_part part, size_t *from, size_t *n);
/* Builds the segment that joins n runs, with the names in d; not yet entered. 1 or -1. */
int merge_build(const char *archive_dir, struct str generation, const struct current_run *runs,
		size_t n, const struct segdir *d, struct err *err);
/* Writes the one run in place of the n in the list. */
void merge_apply(struct current *c, size_t from, size_t n);

#endif
