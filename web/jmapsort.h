/* jmapsort: the order of Email/query.
 *
 * Source: RFC 8621, 4.4.2.
 * Shape: a column of keys for each comparator, made when the messages are known.
 * Limits: JMAPSORT_MOST comparators.
 * Memory: in the arena of j; 8 bytes a message and the keys.
 */
#ifndef JMAPSORT_H
#define JMAPSORT_H

#include "jmapbase.h"

enum { JMAPSORT_MOST = 4 };

struct jmapsort_order {
	unsigned by;
	bool down;
	struct str keyword;
};
struct jmapsort {
	struct str account;
	struct jmapsort_order list[JMAPSORT_MOST];
	size_t n;
};

/* Reads "sort"; without any, the newest come first. 1; 0 the error is set. */
int jmapsort_read(struct jmap *j, struct str account, json_t *args, struct jmapsort *out);
/* Brings messages of the account, whose numbers ascend, into the order; the newest number first
 * among equals. 1; 0 the error is set. */
int jmapsort_run(struct jmap *j, const struct jmapsort *s, uint32_t *numbers, size_t n);

#endif
