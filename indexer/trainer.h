/* trainer: makes the dictionary of a generation from a sample of its messages.
 *
 * Shape: runs in a process of its own, like a worker: it parses mail.
 */
#ifndef TRAINER_H
#define TRAINER_H

#include "current.h"

/* With fewer messages a dictionary is not worth its place. */
#define TRAINER_LEAST 2000

/* Writes `path` from records of messages spread over the run. 1; 0: nothing to learn; -1. */
int trainer_run(const char *archive_dir, struct current_run run, const char *path,
		struct err *err);

#endif
