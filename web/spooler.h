/* spooler: runs the exports that people asked for, one process each.
 *
 * Source: docs/export.md.
 * Shape: a process of its own looks after them, started before there are threads or a sandbox. A
 *   job whose process is gone begins anew; files whose time is over are removed.
 */
#ifndef SPOOLER_H
#define SPOOLER_H

#include "job.h"

enum { SPOOLER_MOST = 16, SPOOLER_LOOK_MS = 200, SPOOLER_SWEEP_MS = 60000 };

/* Starts it. Both are copied. 1 or -1. */
int spooler_start(const char *archive_dir, const struct job_limits *limits, struct err *err);
/* Ends it and the exports under way; their jobs wait for the next server. */
void spooler_end(void);

#endif
