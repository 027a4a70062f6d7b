/* keeper: a command that must always run, kept running.
 *
 * What: a process of its own starts it, and starts it again when it ends: after 1 s, 2 s, 4 s …
 *   60 s; a run of a minute makes it begin with 1 s again.
 * Shape: started before there are threads or a sandbox. The state is in memory that both share.
 *   When this process dies, the keeper and what it keeps die too.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

struct keeper_state {
	bool on;           /* is there something to keep? */
	bool running;
	bool elsewhere;    /* it ended because another process does its work */
	unsigned starts, failures; /* failures in a row */
	int status;        /* how it ended last; 256 + signal */
};

/* Keeps running `argv` of this very program. argv lives on. 1 or -1. */
int keeper_start(char *const *argv, struct err *err);
/* How it fares; all zero when nothing is kept. */
void keeper_state(struct keeper_state *out);
/* Passes a HUP on. */
void keeper_reload(void);
/* Asks it to end, and waits some seconds. */
void keeper_stop(void);

#endif
