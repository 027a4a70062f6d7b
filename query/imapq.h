/* imapq: the IMAP dialect. The whole grammar of SEARCH, strictly.
 *
 * Source: RFC 9051 6.4.4 and 9, RFC 3501 6.4.4, RFC 1730 6.4.4; RFC 4731 (RETURN), RFC 5032
 *   (OLDER, YOUNGER), RFC 7162 (MODSEQ), RFC 8514 (SAVED*).
 * Limits: QNODE_MAX_TEXT, QNODE_MAX_DEPTH, QNODE_MAX_LEAVES.
 * Errors: ERR_INPUT; err.column is where, the text says what was expected. Nothing is ever
 *   ignored in a query.
 */
#ifndef IMAPQ_H
#define IMAPQ_H

#include "qnode.h"

/* Parses `text` into a tree in the arena. *count_out: did RETURN ask for COUNT alone? 1 or -1. */
int imapq_parse(struct arena *a, struct str text, const struct qnode **out, bool *count_out,
		struct err *err);

#endif
