/* segdir: directories of index segments while they are made and when they are no longer needed.
 *
 * Shape: ARCHIVE/index/<generation>/<first>-<last>/; one that is being made is called
 *   .tmp-<first>-<last>/ and renamed when all of it is on disk. What CURRENT does not name is
 *   not part of the index and may be removed by whoever holds index/lock.
 * Errors: ERR_BROKEN disk.
 */
#ifndef SEGDIR_H
#define SEGDIR_H

#include "current.h"

struct segdir {
	char parent[3000]; /* ARCHIVE/index/<generation> */
	char tmp[3100], path[3100];
};

/* Names the directories of a segment. 1 or -1 (ERR_INPUT path too long). */
int segdir_name(struct segdir *d, const char *archive_dir, struct str generation,
		struct current_run run, struct err *err);
/* Makes the temporary directory anew, and the parent if missing. */
int segdir_begin(const struct segdir *d, struct err *err);
/* Sums up and syncs everything in it and gives it its name. */
int segdir_end(const struct segdir *d, struct err *err);
/* Removes all generations but that of c, and in it all segments c does not list. */
int segdir_sweep(const char *archive_dir, const struct current *c, struct err *err);
/* A generation name that no directory has: "g" and a number. In the arena. */
int segdir_new_generation(struct arena *a, const char *archive_dir, struct str *out,
			  struct err *err);

#endif
