/* account: the child process of one account.
 *
 * What: secret, connection, list of mailboxes, a visit to each; connects again when the
 *   connection breaks, as long as that leads somewhere.
 * Shape: speaks to its parent by the feed only; opens no file of the archive but temporary ones
 *   and what its logins taught (authstate.h).
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "feed.h"
#include "harvest.h"

/* Harvests the account; `dir` takes temporary files. The last record of the feed is DONE.
 * Returns the exit status of the process: 0, or 1 when the parent is gone. */
int account_run(const struct harvest_account *ac, const char *dir, struct feed *feed);

#endif
