/* idle: waiting in an open mailbox.
 *
 * Source: RFC 2177 (IDLE); it is said anew before a server, or a box in between, forgets us.
 *   RFC 5465 (NOTIFY): where it is known, the other mailboxes are told of too.
 * Shape: looks at proc_stopped() twice a second.
 * Errors: ERR_NET broken off.
 */
#ifndef IDLE_H
#define IDLE_H

#include "session.h"

enum { IDLE_HERE = 1, IDLE_ELSEWHERE = 2 };
/* Waits until `until` (log_now_ms) for something to happen in the open mailbox, or elsewhere.
 * Returns these bits; 0: it is time, or proc_stopped(), or IDLE was refused: then *refused is
 * set; -1. */
int idle_wait(struct session *s, uint64_t until, bool *refused, struct err *err);
/* Asks a new session to tell of changes in the user's other mailboxes. 1 (also where it cannot
 * be had) or -1. */
int idle_notify(struct session *s, struct err *err);
/* Waits until then, or proc_stopped(). */
void idle_sleep(uint64_t until);

#endif
