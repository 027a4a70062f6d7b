/* basesubject: what is left of a Subject when the marks of replies and forwards are gone.
 *
 * Source: RFC 5256, 2.1, and the reply marks of other languages (Aw, Antw, Sv, Vs, Odp, Rif).
 */
#ifndef BASESUBJECT_H
#define BASESUBJECT_H

#include "arena.h"

/* Of a decoded, unfolded subject; blanks joined, in the arena or borrowed. *reply (or NULL): was
 * there a mark? */
struct str basesubject_of(struct arena *a, struct str subject, bool *reply);

#endif
