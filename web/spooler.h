/* spooler: runs the exports that people asked for, one process each.
 *
 * Source: docs/export.md.
 * Shape: a process of its own looks after them (keeper.h). A job whose process is gone begins
 *   anew; files whose time is over are removed.
 */
#ifndef SPOOLER_H
#define SPOOLER_H

#include "job.h"

enum { SPOOLER_MOST = 16, SPOOLER_LOOK_MS = 200, SPOOLER_SWEEP_MS = 60000 };

struct spooler_place {
	const char *archive_dir;
	struct job_limits limits;
};

/* Looks after them until proc_stopped(), then ends those under way; their jobs wait for the next
 * server. `arg` is a struct spooler_place. Returns an exit status. */
int spooler_run(void *arg);

#endif
