/* trainer: makes the dictionaries of a generation from a sample of its messages.
 *
 * Shape: runs in a process of its own, like a worker: it parses mail.
 */
#ifndef TRAINER_H
#define TRAINER_H

#include "current.h"

/* With fewer messages a dictionary is not worth its place. */
#define TRAINER_LEAST 2000

#define TRAINER_RECORDS "dictionary"
#define TRAINER_HEADERS "dictionary-headers"

/* Writes those of the two that are not there yet into the directory, from messages spread over the
 * run, where there is something to learn. 1 or -1. */
int trainer_run(const char *archive_dir, struct current_run run, const char *dir,
		struct err *err);

#endif
