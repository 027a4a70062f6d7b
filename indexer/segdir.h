/* segdir: directories of index segments while they are made and when they are no longer needed.
 *
 * Shape: ARCHIVE/index/<generation>/<first>-<last>/; one that is being made is called
 *   .tmp-<first>-<last>/, or .merge-<first>-<last>/ when it is made beside the updater, and
 *   renamed when all of it is on disk. What CURRENT does not name is not part of the index; who
 *   may remove it is said in live.h.
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
/* The same for a segment that is merged beside the updater. */
int segdir_name_merge(struct segdir *d, const char *archive_dir, struct str generation,
		      struct current_run run, struct err *err);
/* Makes the temporary directory anew, and the parent if missing. */
int segdir_begin(const struct segdir *d, struct err *err);
/* Sums up and syncs everything in it. */
int segdir_finish(const struct segdir *d, struct err *err);
/* Gives what is finished its name, in a durable step. */
int segdir_enter(const struct segdir *d, struct err *err);

enum segdir_waste { SEGDIR_SEGMENTS = 1, SEGDIR_MERGES = 2, SEGDIR_GENERATIONS = 4 };
/* Removes what c does not name of the given kinds: segments and .tmp- of its generation, .merge-
 * of it, other generations. */
int segdir_sweep(const char *archive_dir, const struct current *c, unsigned waste,
		 struct err *err);
/* Makes the directory of a new generation: "g" and a number. The name is in the arena. */
int segdir_new_generation(struct arena *a, const char *archive_dir, struct str *out,
			  struct err *err);

#endif
