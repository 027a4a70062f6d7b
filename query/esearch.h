/* esearch: the answer to RETURN: minimum, maximum, count and UIDs, mailbox by mailbox.
 *
 * Source: RFC 4731, RFC 9394 (PARTIAL), RFC 6203 (RELEVANCY), RFC 7377 (one response for each
 *   mailbox), RFC 7162 (MODSEQ); docs/search.md, "RETURN".
 * Shape: runs a query that has a RETURN to its end. Copies of one epoch are one mailbox: UIDs of
 *   another UIDVALIDITY are other UIDs.
 * Memory: 8 bytes for each copy that matched, in the arena, doubled while they gather.
 */
#ifndef ESEARCH_H
#define ESEARCH_H

#include "query.h"

struct esearch_mailbox {
	const struct archive_epoch *epoch;
	uint64_t count;
	uint32_t min, max;
	uint64_t modseq;   /* highest of all found; 0: not asked for or not known */
	struct str all;    /* "4,7:9" */
	struct str partial; /* the same of the part asked for; "" when nothing is there */
	const unsigned char *relevancy; /* of the UIDs of all or partial, in their order */
	size_t n_relevancy;
};

struct esearch {
	const struct imapret *ret;
	const struct esearch_mailbox *list; /* by account, mailbox, UIDVALIDITY */
	size_t n;
};

/* Runs the query, which has a RETURN, and gathers. Contents in `a`. 1 or -1. */
int esearch_run(struct esearch *out, struct query *q, struct qdb *db, struct arena *a,
		struct err *err);
/* `* ESEARCH (MAILBOX "alice/INBOX" UIDVALIDITY 7) UID MIN 4 COUNT 3`, without a line end. m NULL:
 * nothing matched anywhere. In the arena. */
struct str esearch_line(struct arena *a, const struct imapret *ret,
			const struct esearch_mailbox *m);

#endif
