/* against: `sheaf verify --against-server ACCOUNT`.
 *
 * Exit status: 0 every UID on the server has an outcome and all counts agree; 1 there are
 *   differences, as diff says it: nothing is damaged, the archive is behind or a mailbox shut.
 */
#ifndef AGAINST_H
#define AGAINST_H

#include "cmd.h"

enum { AGAINST_DIFFERS = 1 };

/* Compares an account of sheaf.conf with its server and prints what differs. Writes nothing.
 * Returns 0 or AGAINST_DIFFERS; -1: ERR_USAGE no such account, ERR_NET the server, … */
int against_server(const struct cmd_env *env, const char *account, struct err *err);

#endif
