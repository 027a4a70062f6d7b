/* jmapboxes: the mailboxes of an account, as JMAP sees them.
 *
 * Source: RFC 8621, 2.
 * Memory: in the arena of j.
 */
#ifndef JMAPBOXES_H
#define JMAPBOXES_H

#include "jmapbase.h"

struct jmapboxes_box {
	struct str name;  /* whole, as the server has it */
	struct str label; /* without the parent's */
	char id[JMAPBASE_ID];
	ptrdiff_t parent; /* among the boxes, before this one, or -1 */
	const char *role; /* or NULL */
	int order;        /* sortOrder */
	int64_t total, unread, threads, unread_threads; /* once counted */
};
struct jmapboxes {
	struct str account;
	struct jmapboxes_box *list; /* by name */
	size_t n;
	struct str tail; /* of states: changes when there are other mailboxes or roles */
};

/* All of them, not counted. 1; 0 the error is set. */
int jmapboxes_read(struct jmap *j, struct str account, struct jmapboxes *out);
/* Counts what is in them, and the threads if asked to. Two passes over the copies, and 13 bytes for
 * each message of the archive. 1; 0 the error is set. */
int jmapboxes_count(struct jmap *j, struct jmapboxes *b, bool threads);
/* Their state up to message `upto` (UINT64_MAX: now). NULL with the error set. */
struct str jmapboxes_state(struct jmap *j, const struct jmapboxes *b, uint64_t upto);

#endif
