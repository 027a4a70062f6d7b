/* trial: may a message be parsed in this process? A child tries first.
 *
 * What: for messages that killed their index worker. The child parses the bytes and maps every
 *   text, as searching would, inside limits on memory and processor time; what it survives, we do.
 * Limits: TRIAL_MEMORY, TRIAL_SECONDS, unless others are given.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "halt.h"

#define TRIAL_MEMORY ((size_t)512 << 20)
#define TRIAL_SECONDS 10

struct trial_limits {
	size_t memory;
	unsigned seconds;
};

/* limits NULL: the usual ones. 1 it may be parsed; 0 it may not; -1 (ERR_LATER halted, ERR_BROKEN
 * no child to be had). */
int trial_parse(struct str raw, const struct trial_limits *limits, struct halt *halt,
		struct err *err);

#endif
