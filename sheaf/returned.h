/* returned: the answer to a query with RETURN, on standard output.
 *
 * Source: docs/search.md, "RETURN".
 */
#ifndef RETURNED_H
#define RETURNED_H

#include "query.h"

enum returned_format { RETURNED_TEXT, RETURNED_JSON, RETURNED_NDJSON };

/* Runs the query, which has a RETURN, and prints. *n_out: in how many mailboxes something was
 * found. 1 or -1. */
int returned_show(struct query *q, struct qdb *db, struct arena *a, enum returned_format format,
		  uint64_t *n_out, struct err *err);

#endif
