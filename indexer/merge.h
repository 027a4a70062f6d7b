/* merge: neighbouring index segments of one size become one.
 *
 * What: tiers. A segment of n messages is of tier t when MERGE_FAN^t <= n < MERGE_FAN^(t+1);
 *   MERGE_FAN or more neighbours of one tier, or of smaller ones among them, are joined. So each
 *   message is written again about log(n) times, and there are few segments.
 */
#ifndef MERGE_H
#define MERGE_H

#include "current.h"

#define MERGE_FAN 8

/* Finds runs that should be joined: c->runs[*from .. *from + *n). 1; 0: none. */
int merge_plan(const struct current *c, size_t *from, size_t *n);
/* Builds the segment that joins them, ready for publication. 1 or -1. */
int merge_build(const char *archive_dir, const struct current *c, size_t from, size_t n,
		struct err *err);
/* Writes the one run in place of the n in the list. */
void merge_apply(struct current *c, size_t from, size_t n);

#endif
