/* rebuild: the catalog, made anew from the segments alone.
 *
 * What: replays all segments into catalog.db.new and renames that into place when it is complete
 *   and on the disk. Segments are only read: unfinished work at the end of the last one is left
 *   for the next writer to cut.
 * Shape: takes the writer's lock. A crash at any step leaves the old state or the new one.
 * Errors: ERR_LATER another writer, or a reader of the catalog that is to go; ERR_INPUT a catalog
 *   is there and `force` is not given; ERR_BROKEN disk.
 */
#ifndef REBUILD_H
#define REBUILD_H

#include "replay.h"

struct rebuild_options {
	bool force;    /* a catalog that is there is kept as catalog.db.old-1 (-2, …) */
	bool progress;
};

struct rebuild_result {
	struct replay_counts counts;
	uint64_t segments;
	char old[64]; /* the name the catalog that was there has now, or "" */
};

/* 1, also when damage was found (see *f; everything intact is in the catalog then); -1. */
int rebuild_catalog(const char *dir, const struct rebuild_options *o, struct rebuild_result *out,
		    struct findings *f, struct err *err);

#endif
