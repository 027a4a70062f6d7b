/* suggest: what may be meant by the word at the cursor.
 *
 * Source: docs/api.md, GET /api/v1/suggest.
 * Shape: a route handler. Names of fields, of states, of accounts and mailboxes, addresses; of
 *   mail that may not be read nothing.
 * Limits: SUGGEST_MAX suggestions.
 */
#ifndef SUGGEST_H
#define SUGGEST_H

#include "call.h"

enum { SUGGEST_LIMIT = 10, SUGGEST_MAX = 50 };

/* GET /api/v1/suggest */
route_handler suggest_get;

#endif
