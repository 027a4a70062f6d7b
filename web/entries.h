/* entries: what the ledger says, as JSON, for the REST API and `sheaf ledger`.
 *
 * Source: docs/api.md, GET /api/v1/ledger.
 */
#ifndef ENTRIES_H
#define ENTRIES_H

#include "ledger.h"

#include <jansson.h>

/* The word for an outcome: "stored", "failed", … */
const char *entries_word(enum ledger_outcome outcome);
/* Does the entry tell of a copy (else of a UID that is not stored)? */
bool entries_is_copy(const struct ledger_entry *e);
/* Reads the name of an outcome, or "vanished". 1; 0: no such word. */
int entries_filter(struct str word, struct ledger_filter *f);
/* An entry. A new reference. */
json_t *entries_json(struct arena *a, const struct ledger_entry *e);

#endif
