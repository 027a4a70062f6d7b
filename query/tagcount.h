/* tagcount: how many messages have each of some tags.
 *
 * What: the numbers that lists of tags show: of what somebody may read, without what is hidden or
 *   destroyed; the same as counting a search for each tag.
 * Shape: the set of the messages that may be counted, which the caller has from rights_visible, and
 *   the kept list of each tag (tagged.h).
 */
#ifndef TAGCOUNT_H
#define TAGCOUNT_H

#include "query.h"
#include "tag.h"

struct tagcount {
	const struct bits *may;
	const struct tag *tags;
	size_t n;
	uint64_t *counts; /* out: of each tag */
};

/* Fills in the counts. 1 or -1. */
int tagcount_fill(struct qdb *db, const struct tagcount *t, struct err *err);

#endif
