/* scope: which copies a query looks at, and what is counted within a mailbox.
 *
 * What: the epochs that the account and mailbox patterns select; '*' and sequence numbers of
 *   sets resolved into UIDs; the newest run of a mailbox for RECENT.
 * Shape: made once for a query, from the archive as it is then.
 * Memory: everything in the query's arena.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include "archive.h"
#include "qnode.h"
#include "rights.h"

/* A set's UIDs in one epoch. */
struct scope_set {
	int64_t epoch;
	const struct qnode_range *ranges; /* ascending ends, '*' resolved */
	size_t n;
};

struct scope {
	struct archive *ar;
	struct arena *a;
	const struct archive_epoch *epochs; /* all */
	size_t n_epochs;
	bool present;          /* only copies the last harvest still saw */
	bool limited;          /* by rights: a message without copies is nobody's */
	bool *in;              /* does it belong to the scope? by place in epochs */
	char *delimiter;       /* of the account's hierarchy; by place */
	int64_t *newest_run;   /* of the mailbox, over its epochs; by place */
	size_t n_in, n_mailboxes; /* epochs and mailboxes in scope */
	uint32_t *place;       /* by id, where these are small numbers: the place + 1, 0 none */
	size_t n_places;
};

/* Reads the epochs and selects. "" selects all; else a shell pattern; INBOX in any case. */
int scope_open(struct scope *s, struct archive *ar, struct arena *a, struct str account,
	       struct str mailbox, struct err *err);
/* Takes out what one may not read. */
void scope_limit(struct scope *s, const struct rights *r);
/* The copies in it, as a condition for archive_select: one for all its mailboxes, which the
 * archive remembers the answer to. In the query's arena. */
struct str scope_condition(const struct scope *s);
/* Is every copy in it? */
bool scope_is_all(const struct scope *s);
/* The place of an epoch in s->epochs, or -1. */
ptrdiff_t scope_find(const struct scope *s, int64_t epoch);
/* Does an account's name fit a pattern, as scopes and the key account have it? */
bool scope_fits(struct str pattern, struct str name);
/* Before a name: the mailbox and all below it; the mailbox and what is right below it. */
#define SCOPE_SUBTREE "subtree:"
#define SCOPE_SUBTREE_ONE "subtree-one:"
/* Does the mailbox of epoch i fit a pattern? As above, or one of these two before a name. */
bool scope_fits_mailbox(const struct scope *s, size_t i, struct str pattern);
/* A UID or SEQ leaf as UIDs of each epoch in scope. */
int scope_sets(const struct scope *s, const struct qnode *q, const struct scope_set **out,
	       size_t *n_out, struct err *err);

#endif
