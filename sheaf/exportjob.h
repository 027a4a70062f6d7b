/* exportjob: one export that somebody asked the server for, in a process of its own.
 *
 * Source: docs/export.md.
 * Shape: holds a lock in the job's folder, asks with the rights of who asked, tells how far it is,
 *   and leaves a file and its manifest, or nothing.
 */
#ifndef EXPORTJOB_H
#define EXPORTJOB_H

#include "cmd.h"

/* Runs the job. 0 whatever became of it, which people.db says; -1. */
int exportjob_run(const struct cmd_env *env, int64_t id, struct err *err);

#endif
