/* watch: harvests for ever. The parent of the accounts' processes.
 *
 * What: one child for each account, which stays (account.h); starts it again, later and later,
 *   when it ends; commits and has the index brought up to date as soon as something came; keeps
 *   accountstate.
 * Writer: the archive is open only while something comes. When nothing came for a moment, other
 *   writers get their turn; while one of them is at work, the children wait. A second watcher of
 *   the same archive is refused (watch.lock).
 * Shape: TERM and INT end it in order: children have 4 seconds to finish what they say. HUP reads
 *   the configuration anew: all children end, and begin with it.
 * Limits: one connection for each account. A try after 1 s, 2 s, 4 s … 15 min, each a quarter
 *   more or less by chance; after a refused login 1 min to 1 h; or what the server asked for.
 * Errors: ERR_BROKEN the archive; ERR_LATER another watcher. An account's failure is no failure
 *   of the whole.
 */
#ifndef WATCH_H
#define WATCH_H

#include "harvest.h"

struct watch_hooks {
	void *arg;
	/* Reads the configuration: the accounts to watch, in the arena. 1 or -1. */
	int (*accounts)(void *arg, struct arena *a, struct harvest_account **out, size_t *n_out,
			struct err *err);
	/* Brings the index up to date; runs in a process of its own. 1 or -1. NULL: nobody does. */
	int (*index)(void *arg, struct err *err);
	/* Joins what of the index has grown; the same, beside `index`. */
	int (*merge)(void *arg, struct err *err);
};

/* Watches for the archive in dir, until proc_stopped(). 1, or -1. */
int watch_run(const char *dir, const struct watch_hooks *hooks, struct err *err);

#endif
