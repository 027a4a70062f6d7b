/* tagging: tags by HTTP.
 *
 * Source: docs/api.md, docs/tags.md.
 * Shape: a change is of messages by id or of all that a query finds, in one transaction: all or
 *   none. Nobody sees, counts or changes a tag on what they may not read.
 * Errors: ERR_INPUT a bad name, query or body; an id that is not there changes nothing (0).
 *   ERR_LATER: the query took longer than TAGGING_MS; nothing was changed.
 */
#ifndef TAGGING_H
#define TAGGING_H

#include "ask.h"
#include "tag.h"

#include <jansson.h>

enum { TAGGING_MS = 300000 };

/* Which messages: those with the ids, or else what the query finds. */
struct tagging_wish {
	const struct str *ids; /* NULL: the query */
	size_t n_ids;
	struct str query, account, mailbox;
	enum query_dialect dialect;
};
struct tagging_result {
	uint64_t messages, changed;
	uint64_t not_searched; /* stored, but neither in the index nor looked at */
};

/* Changes one tag for whoever asks. 1; 0: one of the ids is not there; -1. */
int tagging_change(struct call *c, const struct tagging_wish *w, struct str tag, bool off,
		   struct tagging_result *out, struct err *err);
/* How many messages each of n tags has, of those that who asks may read. In the arena. 1 or -1. */
int tagging_counts(struct call *c, const struct tag *tags, size_t n, uint64_t **out,
		   struct err *err);
/* Adds the member "tags" to a message; null when they cannot be read, which the log says: mail is
 * found all the same. */
void tagging_add(struct arena *a, json_t *o, struct qdb *db,
		 const unsigned char hash[HASH_BYTES]);

/* GET /api/v1/tags, GET, POST and DELETE /api/v1/tags/{name} */
route_handler tagging_all;
route_handler tagging_one;
route_handler tagging_put;
route_handler tagging_take;

#endif
