/* folders: the accounts and their mailboxes as a tree of links.
 *
 * What: of the account that is open the mailboxes, with how many messages each holds; those
 *   below others only where few are there or the way leads through them.
 * Source: docs/search.md for the delimiter of a hierarchy.
 * Limits: FOLDERS_MAX rows; what is more is said.
 */
#ifndef FOLDERS_H
#define FOLDERS_H

#include "call.h"
#include "markup.h"
#include "state.h"

enum { FOLDERS_MAX = 250, FOLDERS_FEW = 60 };

/* Writes the tree, seen from where the state is. Needs c->boxes.ar. 1 or -1. */
int folders_write(struct markup *m, struct call *c, const struct state *s, struct err *err);

#endif
