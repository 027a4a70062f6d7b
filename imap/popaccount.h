/* popaccount: the child process of a POP3 account.
 *
 * What: secret, connection, a visit; connects again when the connection breaks, as long as that
 *   leads somewhere; when watching, again and again.
 * Source: RFC 2449 6.5 and 8.1.1 (LOGIN-DELAY), 8.1.2 (IN-USE).
 * Shape: a connection for each visit, ended by QUIT: a drop is a snapshot, and locked. Between two
 *   logins lie the seconds that the server wants.
 * Limits: POPACCOUNT_PATIENCE seconds are waited for a login, at most, unless between two visits of
 *   a watch.
 */
#ifndef POPACCOUNT_H
#define POPACCOUNT_H

#include "feed.h"
#include "harvest.h"

#define POPACCOUNT_PATIENCE 60

/* Harvests the account; `dir` takes temporary files. What the parent must know of its end is the
 * caller's to say. 1 or -1. */
int popaccount_run(const struct harvest_account *ac, const char *dir, struct feed *feed,
		   struct err *err);

#endif
