/* idle: waiting in an open mailbox.
 *
 * Source: RFC 2177 (IDLE); it is said anew before a server, or a box in between, forgets us.
 * Shape: looks at proc_stopped() twice a second.
 * Errors: ERR_NET broken off.
 */
#ifndef IDLE_H
#define IDLE_H

#include "session.h"

enum {
	IDLE_MOST_MS = 170000 /* of one IDLE: some servers end those of three minutes */
};

/* Waits until `until` (log_now_ms) for something to happen in the open mailbox. 1 something did;
 * 0 it is time, or proc_stopped(), or IDLE was refused: then *refused is set; -1. */
int idle_wait(struct session *s, uint64_t until, bool *refused, struct err *err);
/* Waits until then, or proc_stopped(). */
void idle_sleep(uint64_t until);

#endif
