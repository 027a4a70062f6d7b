/* strand: the thread of a message, on its page.
 *
 * What: the messages of its thread in reading order, those that answer below what they answer,
 *   each a link; and a link that searches for all of them.
 * Limits: STRAND_MAX lines; what is more is said.
 */
#ifndef STRAND_H
#define STRAND_H

#include "call.h"
#include "markup.h"
#include "state.h"

enum { STRAND_MAX = 100, STRAND_DEEP = 6 };

/* Writes it for a message, nothing where the message stands alone. With s->open the links stay
 * beside the list. 1 or -1. */
int strand_write(struct markup *m, struct call *c, const struct state *s,
		 const struct archive_msg *msg, struct err *err);

#endif
