/* jmapfilter: a filter of Email/query as a query.
 *
 * Source: RFC 8621, 4.4.1.
 * Shape: text in the IMAP dialect, which judges copies of one account; the same keys mean the same.
 */
#ifndef JMAPFILTER_H
#define JMAPFILTER_H

#include "jmapbase.h"

/* Appends the query of a filter (NULL or null: ALL). 1; 0 the error is set. */
int jmapfilter_text(struct jmap *j, struct str account, json_t *filter, struct buf *out);
/* The words a filter looks for in texts, for marking them. In the arena. Returns how many. */
size_t jmapfilter_words(struct jmap *j, json_t *filter, const struct str **out);

#endif
