/* disposal: messages that are to be shown to nobody, and their end.
 *
 * What: a disposal masks messages at once, with a reason and a name, and can be taken back until
 *   it is destroyed (destroy.h). Every step is told in the segments too.
 * Source: docs/formats/archive.md, "Disposal".
 * Units: times are seconds UTC; disposals count 1, 2, 3 …
 * Limits: reason and query up to 4,000 bytes, names up to 255.
 * Errors: as archive.h.
 */
#ifndef DISPOSAL_H
#define DISPOSAL_H

#include "archive.h"

enum disposal_state {
	DISPOSAL_MASKED,    /* hidden; can be taken back */
	DISPOSAL_RESTORED,  /* taken back */
	DISPOSAL_DESTROYED, /* cannot be taken back; the segments still hold some of it */
	DISPOSAL_ERASED     /* the segments hold nothing of it any more */
};

struct disposal {
	int64_t id;
	int64_t at;
	struct str who, reason, query;
	uint64_t messages;
	enum disposal_state state;
	int64_t ended; /* when it was restored, destroyed or erased, 0: not */
	struct str ended_by;
};

/* Masks messages (numbers ascending, each once, none masked yet), and commits. Of *d are read who,
 * reason, query; id is set. 1 or -1 (ERR_INPUT: too long, or a number is masked or unknown; then
 * nothing is changed). */
int disposal_make(struct archive *ar, struct disposal *d, const uint32_t *numbers, size_t n,
		  struct err *err);
/* The next step of a disposal, and commits: the mask is taken off, or its messages are marked as
 * destroyed, or (destroy.h) erased. Of *d are read id, state and ended_by. 1; 0 there is no such
 * disposal; -1 (ERR_INPUT: it is not in the state for that). */
int disposal_end(struct archive *ar, const struct disposal *d, struct err *err);
/* All of them, by number, in the arena. 1 or -1. */
int disposal_list(struct archive *ar, struct arena *a, const struct disposal **out, size_t *n_out,
		  struct err *err);
/* Numbers of the messages that are masked or destroyed, ascending, in the arena. 1 or -1. */
int disposal_masked(struct archive *ar, struct arena *a, const uint32_t **out, size_t *n_out,
		    struct err *err);

#endif
