/* keeper: what must always run beside the server, kept running.
 *
 * What: the harvest, a command, and the exports, a function; each in a process that is started
 *   again when it ends: after 1 s, 2 s, 4 s … 60 s; a run of a minute makes it begin with 1 s
 *   again. The keeper that does so has a spare beside it, which takes its place, with a spare of
 *   its own, when it is gone, and begins after the same times.
 * Shape: started before there are threads or a sandbox, out of which nobody could start it. The
 *   state is in memory that all share, and in serve.json for `sheaf status`
 *   (docs/formats/archive.md). When the server dies, all of them die too.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

enum keeper_ward { KEEPER_HARVEST, KEEPER_EXPORTS, KEEPER_ITSELF, KEEPER_SPARE, KEEPER_WARDS };

struct keeper_work {
	const char *archive_dir;
	char *const *harvest;       /* a command of this very program, NULL: none */
	int (*exports)(void *arg);  /* until proc_stopped() */
	void *arg;
};

struct keeper_state {
	bool on;           /* is there something to keep? */
	bool running;
	bool elsewhere;    /* it ended because another process does its work */
	unsigned starts, failures; /* failures in a row */
	int status;        /* how it ended last; 256 + signal; -1: nobody knows */
};

/* Keeps it all running. What work points to lives on. 1 or -1. */
int keeper_start(const struct keeper_work *work, struct err *err);
/* How one of them fares; all zero when it is not kept. */
void keeper_state(enum keeper_ward which, struct keeper_state *out);
/* Does it end again and again, or is there nobody to start it? */
bool keeper_ails(enum keeper_ward which);
/* Were keeper and spare killed at one moment, so that nobody starts anything? */
bool keeper_lost(void);
/* Passes a HUP on. */
void keeper_reload(void);
/* Asks all to end, and waits some seconds. */
void keeper_stop(void);

#endif
