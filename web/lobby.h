/* lobby: connections whose request has not come whole yet.
 *
 * What: a client that sends a byte now and then is never idle, and would keep its connection for
 *   ever. Whose request is not there in time is cut off; with an idle one, whose turn is always
 *   earlier, nothing is lost.
 * Shape: one list for the process. Time counts from the connection's begin, or from the end of the
 *   answer before.
 * Threads: any may call; the list has a lock.
 */
#ifndef LOBBY_H
#define LOBBY_H

#include <stdint.h>

struct lobby_guest;

/* A new connection with that socket. lobby_leave before the socket is closed. */
struct lobby_guest *lobby_enter(int fd);
/* The request is there whole: what happens now takes as long as it takes. NULL does nothing. */
void lobby_serve(struct lobby_guest *g);
/* It is answered, and the next one may come. NULL does nothing. */
void lobby_return(struct lobby_guest *g);
/* Takes it out, and frees it. NULL does nothing. */
void lobby_leave(struct lobby_guest *g);
/* Shuts the sockets down of all that wait longer than limit_ms. Returns how many. */
unsigned lobby_sweep(uint64_t limit_ms);

#endif
