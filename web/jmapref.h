/* jmapref: back-references between the calls of one JMAP request.
 *
 * Source: RFC 8620, 3.7; RFC 6901 with "*" for every item of an array.
 */
#ifndef JMAPREF_H
#define JMAPREF_H

#include "arena.h"

#include <jansson.h>

/* What a path leads to (of "*" at most 10,000 items), a new reference; NULL: nothing. */
json_t *jmapref_path(json_t *from, struct str path);
/* Replaces "#name" arguments by what they refer to in the answers so far ([name, answer, call id]
 * each). Returns new arguments; NULL: a reference that does not resolve, or a name given twice
 * (*twice). */
json_t *jmapref_resolve(json_t *args, json_t *answers, bool *twice);

#endif
