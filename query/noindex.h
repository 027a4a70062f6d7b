/* noindex: doing without the index, for one that is damaged.
 *
 * Shape: for the whole process, once, before the first handle is opened. There seem to be no index
 *   segments then, and queries look at every message.
 */
#ifndef NOINDEX_H
#define NOINDEX_H

#include <stdbool.h>

/* From now on. */
void noindex_set(void);
bool noindex_is(void);

#endif
