/* boxq: the search-box dialect, what people type.
 *
 * Source: docs/search.md, "The search box".
 * What: words, "phrases", wild*cards, NEAR, '-' and NOT, OR, AND, parentheses, braces (Gmail's
 *   OR), fields (boxleaf.h) before a word, a phrase or a group. Juxtaposition is AND and binds
 *   closer than OR; NEAR binds closest.
 * Shape: any input is a valid query. What is not understood is searched as words and reported
 *   as a warning with its column (in characters); nothing is dropped in silence.
 * Limits: QNODE_MAX_TEXT, QNODE_MAX_LEAVES, groups within groups QNODE_MAX_DEPTH: what is beyond
 *   them is not searched for, and a warning says so.
 */
#ifndef BOXQ_H
#define BOXQ_H

#include "qnode.h"

struct boxq_warning {
	int column;
	struct str text;
};

/* Parses `text` into a tree in the arena; the empty query is every message. Returns 1. */
int boxq_parse(struct arena *a, struct str text, const struct qnode **out,
	       const struct boxq_warning **warnings, size_t *n_warnings, struct err *err);
/* The same as if today were that day since 1970-01-01. */
int boxq_parse_on(struct arena *a, struct str text, int32_t today, const struct qnode **out,
		  const struct boxq_warning **warnings, size_t *n_warnings);
/* Is the word an operator where one may stand, as "AND" and "NEAR/5" are? */
bool boxq_is_operator(struct str s);
/* Name number i of what may stand before a colon, and behind is:. NULL: there are no more. */
const char *boxq_field(size_t i);
const char *boxq_state(size_t i);
/* What field number i expects behind its colon. */
const char *boxq_expects(size_t i);
/* Other name number i of a field, and the field it means. NULL: there are no more. */
const char *boxq_other(size_t i, const char **means);

#endif
