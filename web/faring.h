/* faring: how the harvest of each account fares, for people.
 *
 * Source: docs/harvest.md, "sheaf status"; docs/operate.md, "Harvest and exports".
 * Shape: only accounts that whoever asks may read in; errors, which may hold what a server says,
 *   belong to that account.
 */
#ifndef FARING_H
#define FARING_H

#include "call.h"
#include "markup.h"

/* Writes the section: of what whoever asks may read, or of all accounts, without the names of
 * mailboxes; nothing when no account was ever harvested and nothing is kept. Is anything under
 * way, so that it is worth looking again? */
bool faring_write(struct markup *m, struct call *c, bool all);

#endif
