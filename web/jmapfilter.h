/* jmapfilter: a filter of Email/query as a query.
 *
 * Source: RFC 8621, 4.4.1.
 * Shape: a tree without any leaf that judges copies: what is asked of mailboxes, keywords, dates
 *   and threads are sets (jmapset.h), so that each is about the Email with all its copies, wherever
 *   in the filter it stands.
 * Limits: QNODE_MAX_LEAVES conditions, 50 levels; eight million numbers in sets, besides four
 *   times all messages.
 */
#ifndef JMAPFILTER_H
#define JMAPFILTER_H

#include "jmapbase.h"

/* The query of a filter (NULL or null: ALL), in the arena of j. 1; 0 the error is set. */
int jmapfilter_tree(struct jmap *j, struct str account, json_t *filter, const struct qnode **out);
/* The words a filter looks for in texts, for marking them. In the arena. Returns how many. */
size_t jmapfilter_words(struct jmap *j, json_t *filter, const struct str **out);

#endif
