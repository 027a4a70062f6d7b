/* outcomes: what came of looking into the attachments of the indexed messages.
 *
 * Source: docs/attachments.md; the terms `O` of the index.
 */
#ifndef OUTCOMES_H
#define OUTCOMES_H

#include "query.h"

struct outcomes {
	bool closed; /* the index does not look into attachments */
	uint64_t messages[RECORD_OUTCOMES]; /* that have an attachment of that outcome */
};

/* Counts them. 1 or -1. */
int outcomes_count(struct qdb *db, struct outcomes *out, struct err *err);
/* The outcome of that name. 1; 0: there is none. */
int outcomes_find(struct str name, enum record_outcome *out);
/* The numbers of messages with an attachment of that outcome, ascending, in the arena. 1 or -1. */
int outcomes_list(struct qdb *db, struct arena *a, enum record_outcome outcome,
		  const uint64_t **out, size_t *n_out, struct err *err);

#endif
