/* noindex: doing without the index, which may be damaged.
 *
 * Shape: for the whole process, once, before the first handle is opened. Queries look at every
 *   message. What else the index knows (threads, statistics for the order by relevance) is taken
 *   from it as far as it can be opened.
 */
#ifndef NOINDEX_H
#define NOINDEX_H

#include <stdbool.h>

/* From now on. */
void noindex_set(void);
bool noindex_is(void);

#endif
