/* standing: how an archive stands, as JSON, for the REST API and `sheaf status`.
 *
 * Source: docs/api.md, GET /api/v1/status.
 */
#ifndef STANDING_H
#define STANDING_H

#include "ledger.h"
#include "query.h"

#include "outcomes.h"

#include <jansson.h>

struct standing {
	struct archive_totals totals;
	uint64_t indexed, stored, not_fully;
	struct outcomes attachments;
	uint64_t same_ids, same_messages; /* Message-IDs of messages that differ, and these */
};

/* Reads it all. 1 or -1. */
int standing_read(struct qdb *db, struct standing *out, struct err *err);
/* One mailbox: what it holds, and what became of its UIDs. A new reference. */
json_t *standing_mailbox(const struct archive_epoch *e, const struct archive_totals *t,
			 const struct ledger_sums *l);
/* Adds a mailbox's ledger to a sum. */
void standing_add(struct ledger_sums *all, const struct ledger_sums *l);
/* The whole archive, with the sum of its ledger. A new reference. */
json_t *standing_json(const struct standing *s, const struct ledger_sums *all);

#endif
