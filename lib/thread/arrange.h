/* arrange: the messages of a thread in reading order.
 *
 * What: each under the message it answers, siblings by date; so a tree, listed with its depth.
 *   A loop of references is opened at its earliest message.
 */
#ifndef ARRANGE_H
#define ARRANGE_H

#include "kin.h"

struct arrange_line {
	const struct kin *kin;
	unsigned depth; /* 0: answers nothing that is here */
};

/* n messages, in any order; the lines live in the arena, the messages stay the caller's. Returns
 * as many lines. */
const struct arrange_line *arrange_make(struct arena *a, const struct kin *list, size_t n);

#endif
