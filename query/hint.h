/* hint: what the plan of a segment knows of a document, told to the matcher. */
#ifndef HINT_H
#define HINT_H

#include "plan.h"

/* Begins the message `number` of that segment, and tells what the sets say of it. */
void hint_give(struct match *m, const struct plan_segment *plan, struct iseg *seg,
	       uint64_t number);

#endif
