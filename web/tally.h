/* tally: the answer to a query with RETURN, as JSON.
 *
 * What: what `GET /api/v1/search` and `sheaf search --json` give in the place of messages.
 * Source: docs/api.md.
 */
#ifndef TALLY_H
#define TALLY_H

#include <jansson.h>

#include "ask.h"
#include "esearch.h"

/* The mailboxes as an array. */
json_t *tally_json(struct arena *a, const struct esearch *s);
/* Runs the query of an ask that has begun, and puts the answer into o. 1; 0: it has no RETURN;
 * -1 (ERR_INPUT: parameters that do not go with RETURN). */
int tally_search(struct ask *k, json_t *o, struct err *err);
/* Adds how far a query that was run to its end reached: indexed_to, stored_to, searched_to,
 * not_fully_searchable, not_judged. 1 or -1. */
int tally_reach(json_t *o, struct query *q, struct qdb *db, const struct rights *rights,
		struct err *err);

#endif
