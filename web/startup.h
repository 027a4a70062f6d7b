/* startup: everything between the start and the first request that needs rights, or forks.
 *
 * Shape: bind, open certificate and key, become another user, start who reads documents and who
 *   harvests, read the key, which none of those shall hold, give up what is not needed; in this
 *   order, before there are threads.
 * Errors: ERR_DENIED, ERR_USAGE, ERR_LATER: do not serve.
 */
#ifndef STARTUP_H
#define STARTUP_H

#include "arena.h"
#include "listener.h"
#include "web.h"

struct http_options;

/* The socket that was handed over, or one of our own at o->listen. 1 or -1. */
int startup_bind(const struct web_options *o, struct listener *l, int *fd, struct err *err);
/* All the rest. Texts of certificate and key live in the arena. startup_undo in any case. 1, -1. */
int startup_prepare(const struct web_options *o, struct arena *a, struct http_options *h,
		    struct err *err);
/* Reads certificate and key, if there are any, into the arena. 1 or -1. */
int startup_tls(const struct web_options *o, struct arena *a, struct http_options *h,
		struct err *err);
/* What a HUP asks of the access log and the harvest. */
void startup_reload(void);
void startup_undo(void);
/* Instead of it, while a request is still at work: ends what was started, and leaves what the
 * request may use, which goes with the process. */
void startup_leave(void);

#endif
