/* vocab: words of the index, by how they begin or by what they are like.
 *
 * What: reads the lexicons of the segments. What it gives out may stand in messages that nobody
 *   may see: whoever shows a word searches for it first (meant.h).
 * Limits: VOCAB_MAX words; VOCAB_MS of time, then what was found until then.
 * Errors: ERR_BROKEN.
 */
#ifndef VOCAB_H
#define VOCAB_H

#include "query.h"

enum { VOCAB_MAX = 200, VOCAB_MS = 400 };

struct vocab_word {
	struct str mapped;  /* casemap.h */
	uint64_t documents; /* that have it, about */
	unsigned distance;  /* faults, of vocab_near */
};

struct vocab_list {
	const struct vocab_word *v;
	size_t n;
};

/* Words that begin so (mapped), in any field, the most frequent first. In the arena. 1 or -1. */
int vocab_begin(struct qdb *db, struct arena *a, struct str head, struct vocab_list *out,
		struct err *err);
/* Words of a field (see QNODE_WORD) that differ from a mapped one in one or two letters, the
 * likeliest first. weigh: frequent ones are likelier; else the order is that of letters. */
struct vocab_ask {
	struct str field, word;
	bool weigh;
};
int vocab_near(struct qdb *db, struct arena *a, const struct vocab_ask *ask,
	       struct vocab_list *out, struct err *err);

#endif
