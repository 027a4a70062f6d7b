/* inspect: is the published index what the archive gives?
 *
 * What: reads every file of every segment again and compares it with its sum; counts documents,
 *   records and what is covered; of a random sample of messages, derives record and terms from
 *   the archive anew and compares: every term that is due must be there, and no other.
 * Source: docs/formats/index.md.
 * Shape: reads only, beside a service; a merge that takes segments away meanwhile is ERR_LATER.
 * Memory: INSPECT_BATCH messages at a time.
 */
#ifndef INSPECT_H
#define INSPECT_H

#include "arena.h"
#include "err.h"

#include <stdint.h>

#define INSPECT_BATCH 32
#define INSPECT_FAULTS 100 /* so many are told of, all are counted */

struct inspect_options {
	uint64_t sample, seed;
};

struct inspect_result {
	struct str generation;
	uint64_t segments, messages, archived; /* covered; stored */
	uint64_t sampled, quarantined, destroyed, terms; /* compared; and of the sample */
	uint64_t faults;
	struct str fault[INSPECT_FAULTS]; /* never mail content */
};

/* Fills *r, in the arena. 1: sound; 0: faults; -1 (ERR_LATER: changed meanwhile). */
int inspect_index(struct arena *a, const char *archive_dir, const struct inspect_options *o,
		  struct inspect_result *r, struct err *err);

#endif
