/* listener: the address to listen at.
 *
 * Source: RFC 3986 3.2.2 for "[::1]:8425".
 * Shape: numeric addresses only, and "localhost", so that no resolver decides who may connect.
 * Errors: ERR_USAGE malformed address; ERR_LATER in use; ERR_DENIED not permitted.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include "arena.h"
#include "err.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct listener {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* Reads "127.0.0.1:8425", "[::1]:8425", "localhost:0". 1 or -1. */
int listener_parse(struct str text, struct listener *out, struct err *err);
/* Can only this machine connect to it? */
bool listener_loopback(const struct listener *l);
/* Does the value of a Host field name this machine by a loopback address or "localhost"? Only
 * such names are safe from DNS rebinding. */
bool listener_local_host(struct str host);
/* Binds, listens, and puts the address that it got into *l. 1: *fd_out; -1. */
int listener_open(struct listener *l, int *fd_out, struct err *err);
/* The socket that systemd, or whoever started us, listens with (LISTEN_FDS, LISTEN_PID), and its
 * address. 1; 0 there is none; -1. */
int listener_inherit(struct listener *l, int *fd_out, struct err *err);
/* "http://127.0.0.1:8425/", in the arena. */
struct str listener_url(struct arena *a, const struct listener *l);

#endif
