/* boxq: the search-box dialect, what people type.
 *
 * Source: docs/search.md, "The search box".
 * What: words, "phrases", from: to: cc: bcc: subject: body: account: mailbox: after: before:
 *   date: larger: smaller: is:, '-' and NOT, OR, parentheses. Juxtaposition is AND and binds
 *   closer than OR.
 * Shape: any input is a valid query. What is not understood is searched as words and reported
 *   as a warning with its column (in characters); nothing is dropped in silence.
 * Limits: QNODE_MAX_TEXT, QNODE_MAX_LEAVES (ERR_INPUT beyond); parentheses deeper than
 *   QNODE_MAX_DEPTH are a warning.
 */
#ifndef BOXQ_H
#define BOXQ_H

#include "qnode.h"

struct boxq_warning {
	int column;
	struct str text;
};

/* Parses `text` into a tree in the arena; the empty query is every message. 1 or -1. */
int boxq_parse(struct arena *a, struct str text, const struct qnode **out,
	       const struct boxq_warning **warnings, size_t *n_warnings, struct err *err);
/* Name number i of what may stand before a colon, and behind is:. NULL: there are no more. */
const char *boxq_field(size_t i);
const char *boxq_state(size_t i);
/* What field number i expects behind its colon. */
const char *boxq_expects(size_t i);

#endif
