/* signon: pages for logging in and out, one's own sessions, and the first user.
 *
 * Shape: plain forms that work without scripts. A login costs the same for names that are not
 *   known; how often one may try is limited (tries.h).
 */
#ifndef SIGNON_H
#define SIGNON_H

#include "caller.h"
#include "route.h"

/* What all of them go by, borrowed. `setup`: the secret of the link for the first user, NULL:
 * none. */
void signon_begin(const struct caller_rules *rules, const char *setup);
route_handler signon_page, signon_login, signon_logout, signon_sessions, signon_end;
route_handler signon_setup_page, signon_setup;
/* Sends whoever is nobody to the login, and from there back. */
void signon_redirect(const struct http_request *req, struct http_response *resp);
/* Starts a session of a user, in place of the one there was, and puts its cookie into the answer.
 * 1 or -1. */
int signon_start(struct call *c, struct str user, struct http_response *resp, struct err *err);
/* Sends the browser on, by GET. */
void signon_go(struct http_response *resp, struct arena *a, struct str where);
/* A place of ours to go to after a login: `next` when it is one, else "/". */
struct str signon_next(struct str next);

#endif
