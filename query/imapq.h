/* imapq: the IMAP dialect. The whole grammar of SEARCH, strictly.
 *
 * Source: RFC 9051 6.4.4 and 9, RFC 3501 6.4.4, RFC 1730 6.4.4; RFC 4731 and RFC 9394 (RETURN),
 *   RFC 5032 (OLDER, YOUNGER), RFC 6203 (FUZZY), RFC 7162 (MODSEQ), RFC 7377 (IN), RFC 8474
 *   (EMAILID, THREADID), RFC 8514 (SAVED*), Gmail's X-GM-*.
 * Limits: QNODE_MAX_TEXT, QNODE_MAX_DEPTH, QNODE_MAX_LEAVES.
 * Errors: ERR_INPUT; err.column is where, the text says what was expected. Nothing is ever
 *   ignored in a query.
 */
#ifndef IMAPQ_H
#define IMAPQ_H

#include "boxq.h"
#include "imapret.h"

struct imapq {
	const struct qnode *root;
	struct imapret ret;  /* what the answer should hold; the tree does not depend on it */
	bool modseq;         /* is there a MODSEQ key? Then the answer tells one, too */
	const struct boxq_warning *warnings; /* of what X-GM-RAW holds */
	size_t n_warnings;
};

/* Parses `text` into a tree in the arena. 1 or -1. */
int imapq_parse(struct arena *a, struct str text, struct imapq *out, struct err *err);

#endif
