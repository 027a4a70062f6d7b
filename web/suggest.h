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
/* The word of the search box that byte `at` stands in or behind. */
struct suggest_word {
	size_t from, to;  /* what a suggestion replaces: bytes */
	struct str field; /* before the colon, "" when there is none */
	struct str piece; /* what was typed of it, up to the cursor */
};
struct suggest_word suggest_word(struct str q, size_t at);

#endif
