/* jmapfilter: a filter of Email/query as a query.
 *
 * Source: RFC 8621, 4.4.1.
 * Shape: a tree without any leaf that judges copies: what is asked of mailboxes, keywords, dates
 *   and threads are sets (jmapset.h), so that each is about the Email with all its copies, wherever
 *   in the filter it stands.
 * Limits: QNODE_MAX_LEAVES conditions, 50 levels; eight million numbers in sets, besides four
 *   times all messages; a time by log_now_ms at which the last set must have been made.
 */
#ifndef JMAPFILTER_H
#define JMAPFILTER_H

#include "jmapbase.h"

/* What is asked, and until when. */
struct jmapfilter {
	struct str account;
	json_t *filter;
	uint64_t deadline_ms;
};
/* The query of a filter (NULL or null: ALL), in the arena of j. 1; 0 the error is set. */
int jmapfilter_tree(struct jmap *j, const struct jmapfilter *f, const struct qnode **out);
/* The words a filter looks for in texts, for marking them. In the arena. Returns how many. */
size_t jmapfilter_words(struct jmap *j, json_t *filter, const struct str **out);

#endif
