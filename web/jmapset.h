/* jmapset: messages as sets of numbers, by what is known of their copies and of their threads.
 *
 * Why: of an Email JMAP asks about all its copies in the account together; a query judges one copy
 *   after the other. So what is asked of copies is settled before the query, as a set.
 * Shape: messages that are masked are in no set.
 * Limits: 4 bytes a message; while it is made, a set of threads takes 5 more for each message of
 *   the archive.
 * Memory: in the arena of j.
 */
#ifndef JMAPSET_H
#define JMAPSET_H

#include "jmapbase.h"

struct jmapset {
	const uint32_t *list; /* ascending, each once */
	size_t n;
};

/* Which copies. */
struct jmapset_copies {
	struct str account;
	const bool *in;    /* by place in j->epochs, NULL: all of the account */
	const char *where; /* a condition for archive_select on ?1 and ?5, NULL: none */
	int64_t arg;
	const char *text;
};
/* The messages with such a copy. 1; 0 the error of the method is set. */
int jmapset_copies(struct jmap *j, const struct jmapset_copies *c, struct jmapset *out);
/* Those of the account with a keyword; $seen and the like are flags. 1; 0. */
int jmapset_keyword(struct jmap *j, struct str account, struct str keyword, struct jmapset *out);
/* Those of the account without it. 1; 0. */
int jmapset_without(struct jmap *j, struct str account, struct str keyword, struct jmapset *out);
/* All messages of the threads that these are of, whatever account they are in. 1; 0. */
int jmapset_threads(struct jmap *j, const struct jmapset *s, struct jmapset *out);

#endif
