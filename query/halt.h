/* halt: when a query must end before its end, and when it should let others in.
 *
 * What: asked at every unit of work of which there may be many. The clock is read when enough
 *   work was done since, the asker of the query at most 20 times a second.
 * Shape: plain. Once `why` is set it stays, and whoever works unwinds with halt_error.
 *   Every function accepts NULL: nothing ever stops then.
 */
#ifndef HALT_H
#define HALT_H

#include "err.h"
#include "str.h"

#include <stdbool.h>
#include <stdint.h>

/* Work of a step: so much of it is about a tenth of a millisecond, and worth a look. */
enum { HALT_SMALL = 1, HALT_JUDGE = 16, HALT_LOOK = 64 };

enum halt_why { HALT_NOT, HALT_TIME, HALT_GONE };

struct halt {
	uint64_t deadline_ms;    /* by log_now_ms, 0: none */
	bool (*gone)(void *arg); /* does nobody want the answer any more? NULL: somebody does */
	void *arg;
	uint64_t pause_ms;       /* when to pause, 0: never */
	bool pause;              /* that time has come */
	enum halt_why why;
	unsigned work;
	uint64_t asked_ms;
};

/* Counts a step of that weight. Must everything end? */
bool halt_step(struct halt *h, unsigned weight);
/* Must it? Without counting. */
bool halt_is(const struct halt *h);
/* Must a pause be made now? Said once. */
bool halt_pauses(struct halt *h);
/* Sets *err (ERR_LATER) and returns -1. */
int halt_error(const struct halt *h, struct err *err);
/* A time as people write it: "5s", "500ms", "2m", "30" (seconds). 0 is none. False: it is not. */
bool halt_parse(struct str s, uint64_t *ms);

#endif
