/* jmapkeyword: filters by what keywords the other messages of a thread have.
 *
 * Source: RFC 8621, 4.4.1: allInThreadHaveKeyword, someInThreadHaveKeyword,
 *   noneInThreadHaveKeyword.
 * Shape: they are taken out of the filter, and judged by thread when its messages are known; so
 *   they must stand where all conditions must hold: alone, or below operators AND.
 * Memory: in the arena of j.
 */
#ifndef JMAPKEYWORD_H
#define JMAPKEYWORD_H

#include "jmapbase.h"

struct jmapkeyword_cond {
	enum { JMAPKEYWORD_ALL, JMAPKEYWORD_SOME, JMAPKEYWORD_NONE } what;
	json_t *keyword; /* as it was given; lives as long as the request */
};
struct jmapkeyword {
	const struct jmapkeyword_cond *list;
	size_t n;
};

/* The filter without such conditions, a new reference or NULL for none at all; they are in *out.
 * Those elsewhere stay, and nobody knows them then. */
json_t *jmapkeyword_take(struct jmap *j, json_t *filter, struct jmapkeyword *out);
/* Threads, by thread_label. */
struct jmapkeyword_set {
	uint64_t *list; /* ascending */
	size_t n;
};
/* The threads of the account in which a message has (`has`), or has not, the keyword. 1; 0 the
 * error of the method is set. */
int jmapkeyword_threads(struct jmap *j, struct str account, json_t *keyword, bool has,
			struct jmapkeyword_set *out);
bool jmapkeyword_in(const struct jmapkeyword_set *set, uint64_t label);

#endif
