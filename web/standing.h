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
	uint64_t stored;
	bool blind; /* the index cannot be read: what follows is not known */
	uint64_t indexed, not_fully;
	struct outcomes attachments;
	uint64_t same_ids, same_messages; /* Message-IDs of messages that differ, and these */
};

/* Reads it all. db NULL: the index cannot be read, and *err stays. 1; 0 the index cannot be read,
 * and *err says why; -1. */
int standing_read(struct archive *ar, struct qdb *db, struct standing *out, struct err *err);
/* Which commands help where an index cannot be read. */
#define STANDING_MEND "sheaf check-index says what is damaged, sheaf reindex makes another index"
#define STANDING_ERROR "the index cannot be read: " STANDING_MEND
/* One mailbox: what it holds, and what became of its UIDs. A new reference. */
json_t *standing_mailbox(const struct archive_epoch *e, const struct archive_totals *t,
			 const struct ledger_sums *l);
/* Adds a mailbox's ledger to a sum. */
void standing_add(struct ledger_sums *all, const struct ledger_sums *l);
/* The whole archive, with the sum of its ledger; why: what is said of an index that cannot be
 * read. A new reference. */
json_t *standing_json(const struct standing *s, const struct ledger_sums *all, struct str why);

#endif
