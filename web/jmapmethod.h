/* jmapmethod: the methods of JMAP that sheaf has.
 *
 * Source: RFC 8621; docs/jmap.md.
 */
#ifndef JMAPMETHOD_H
#define JMAPMETHOD_H

#include "jmapbase.h"

/* Takes the arguments, references resolved; the answer, or NULL with j->error set. */
typedef json_t *jmapmethod(struct jmap *j, json_t *args);

#endif
