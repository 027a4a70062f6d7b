/* accounts: what is in the archive, account by account, and what is not.
 *
 * What: how many messages each account and mailbox has, what the server no longer has, what could
 *   not be fetched and why, how far the index reaches.
 * Limits: ACCOUNTS_MAX rows of each list; what is left out is said.
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include "call.h"

enum { ACCOUNTS_MAX = 500 };

/* GET /accounts, /accounts?account=NAME */
route_handler accounts_page;

#endif
