/* jsonq: the JSON dialect, a query as a tree.
 *
 * Source: docs/search.md, "As JSON". The texts of other dialects may stand in it: {"box":"…"},
 *   {"imap":"…"}.
 * Shape: strict, as the IMAP dialect: every object has one member, and nothing is ignored.
 * Limits: QNODE_MAX_TEXT, QNODE_MAX_DEPTH, QNODE_MAX_LEAVES.
 * Errors: ERR_INPUT; err.place is the JSON pointer (RFC 6901) of what is wrong, or err.column the
 *   place in a text that is no JSON.
 */
#ifndef JSONQ_H
#define JSONQ_H

#include "boxq.h"

struct jsonq {
	const struct qnode *root;
	bool modseq;
	const struct boxq_warning *warnings; /* of embedded texts */
	size_t n_warnings;
};

/* Parses `text` into a tree in the arena. 1 or -1. */
int jsonq_parse(struct arena *a, struct str text, struct jsonq *out, struct err *err);

#endif
