/* spooler: runs the exports that people asked for, one process each.
 *
 * Source: docs/export.md.
 * Shape: looked after by the server's main loop. A job whose process is gone begins anew; files
 *   whose time is over are removed.
 */
#ifndef SPOOLER_H
#define SPOOLER_H

#include "job.h"

#include <sys/types.h>

enum { SPOOLER_MOST = 16, SPOOLER_LOOK_MS = 200, SPOOLER_SWEEP_MS = 60000 };

struct spooler {
	const char *archive_dir;
	struct job_limits limits;
	struct {
		pid_t pid; /* 0: none */
		int64_t job;
	} work[SPOOLER_MOST];
	uint64_t looked_ms, swept_ms;
};

/* Looks whether there is something to do; never waits. What goes wrong goes into the log. */
void spooler_tick(struct spooler *s);
/* Ends all processes; their jobs wait for the next server. */
void spooler_stop(struct spooler *s);

#endif
