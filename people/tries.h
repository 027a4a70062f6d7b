/* tries: logins that failed, and how long the next one must wait.
 *
 * Shape: counted for the name that was tried, known or not, and for the address it came from.
 *   After TRIES_FREE failures (TRIES_PEER times as many from one address) the next must wait
 *   TRIES_FIRST seconds, and each one doubles that, up to TRIES_MOST. A login that works
 *   forgets the failures of the name. A login counts as failed from its beginning until it has
 *   worked, so that many at the same time are no way around this.
 * Limits: what is older than a day is forgotten.
 */
#ifndef TRIES_H
#define TRIES_H

#include "peopledb.h"

enum { TRIES_FREE = 5, TRIES_PEER = 20, TRIES_FIRST = 4, TRIES_MOST = 300 };

extern const char tries_schema[];

/* May a login be tried now? 1; 0 not before *wait seconds have passed; -1. */
int tries_may(struct people *p, struct str name, struct str peer, int64_t now, int64_t *wait,
	      struct err *err);
/* One begins. 1 or -1. */
int tries_begin(struct people *p, struct str name, struct str peer, int64_t now,
		struct err *err);
/* One has worked. 1 or -1. */
int tries_worked(struct people *p, struct str name, struct str peer, struct err *err);

#endif
