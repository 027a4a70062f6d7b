/* live: the published list, and who may change it.
 *
 * Shape: duties, each a lock file below index/ that one process holds as long as it is at work:
 *   LIVE_UPDATE   lock          appends segments for new mail, joins those of the tail
 *   LIVE_REBUILD  rebuild.lock  builds another generation, and switches to it
 *   LIVE_MERGE    merge.lock    joins segments of the body
 *   Whoever changes CURRENT or removes something it named holds publish.lock for that moment, and
 *   reads CURRENT anew under it. Who takes several takes them in the order rebuild, update, merge,
 *   publish. Readers take none.
 * What a dead process left is removed by the next that has its duty: unlisted segments and .tmp-
 *   by the updater, .merge- by the merger, other generations by who has all three.
 * Errors: ERR_LATER somebody else has the duty; ERR_BROKEN disk, or CURRENT is malformed.
 */
#ifndef LIVE_H
#define LIVE_H

#include "segdir.h"

enum live_duty { LIVE_UPDATE, LIVE_REBUILD, LIVE_MERGE };

/* Takes a duty, trying for so many milliseconds, or until proc_stopped(). Closing *fd ends it.
 * 1 or -1. */
int live_take(const char *archive_dir, enum live_duty duty, uint64_t ms, int *fd,
	      struct err *err);
/* Adds runs behind the list of generation c->generation, which begins with them when there is
 * none. *c is then what is published, in the arena. Needs LIVE_UPDATE. 1 or -1. */
int live_append(const char *archive_dir, struct arena *a, struct current *c,
		const struct current_run *runs, size_t n, struct err *err);
struct live_join {
	const struct current_run *runs; /* the inputs, one behind the other */
	size_t n;
	struct segdir made; /* what was made of them, finished */
};
/* Enters what was made of segments of generation c->generation in their place, and removes them.
 * *c becomes what is published, in the arena. 1; 0: they are no longer published, nothing is done;
 * -1. */
int live_replace(const char *archive_dir, struct arena *a, struct current *c,
		 const struct live_join *j, struct err *err);
/* Publishes another generation. Needs LIVE_REBUILD and LIVE_UPDATE. 1 or -1. */
int live_switch(const char *archive_dir, const struct current *c, struct err *err);
/* Removes what dead processes left, as far as nobody may be at work on it. `held`: a bit
 * 1 << duty for each duty the caller has; LIVE_UPDATE must be among them. 1 or -1. */
int live_sweep(const char *archive_dir, unsigned held, struct err *err);

#endif
