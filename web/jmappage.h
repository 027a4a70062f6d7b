/* jmappage: the window of a query's answer that is asked for.
 *
 * Source: RFC 8620, 5.5: position, anchor, anchorOffset, limit, calculateTotal.
 */
#ifndef JMAPPAGE_H
#define JMAPPAGE_H

#include "jmapbase.h"

struct jmappage {
	struct str anchor;  /* "" none */
	int64_t position, offset;
	uint64_t most;      /* how many at most */
	bool total, capped; /* capped: the limit is the server's own */
};

/* Reads the arguments; no more than `most` are given. 1; 0 the error is set. */
int jmappage_read(struct jmap *j, json_t *args, uint64_t most, struct jmappage *out);
/* Sets p->position to where the window begins among n. `at`: the place of the anchor, n or more: it
 * is not there. 1; 0 the error is set. */
int jmappage_start(struct jmap *j, struct jmappage *p, uint64_t at, uint64_t n);
/* The answer; takes ids over. */
json_t *jmappage_answer(struct jmap *j, const struct jmappage *p, struct str account,
			struct str state, json_t *ids, uint64_t n);
/* A boolean among the arguments, false when it is not there. 1; 0 the error is set. */
int jmappage_flag(struct jmap *j, json_t *args, const char *name, bool *out);
/* "collation" and "isAscending" of a comparator; *down: descending. 1; 0 the error is set. */
int jmappage_comparator(struct jmap *j, json_t *o, bool *down);

#endif
