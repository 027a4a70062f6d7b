/* nursery: a process kept from early on, which forks others later.
 *
 * What: what it forks are copies of the program as it was when the nursery was started: without
 *   the secrets, the descriptors and the threads that came later. Who ends is buried when the
 *   next is asked for, so its number is nobody else's until then.
 * Limits: a note of NURSERY_NOTE bytes goes with each order.
 * Errors: ERR_BROKEN the nursery is gone, or no process can be had.
 */
#ifndef NURSERY_H
#define NURSERY_H

#include "proc.h"

enum { NURSERY_NOTE = 4096 };

struct nursery {
	struct proc p; /* all zero: there is none */
};

/* Starts it. 1 or -1. */
int nursery_start(struct nursery *n, struct err *err);
/* Runs run(arg, note, fd) in a child of it, as proc_start does in one of ours. `arg` is what it
 * was when the nursery was started; the note ends with a NUL. 1 or -1. */
int nursery_fork(struct nursery *n, struct proc *p,
		 int (*run)(void *arg, struct str note, int fd), void *arg, struct str note,
		 struct err *err);
/* Ends it and what it forked. Accepts one that is not there. */
void nursery_end(struct nursery *n);

#endif
