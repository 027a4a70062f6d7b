/* meant: what was meant, perhaps, by a word that nobody's message has; words that begin so.
 *
 * What: every word that is given out was found by a search of whoever asks, under their rights
 *   and in the accounts and mailboxes they search: nobody learns of a word they cannot find.
 * Limits: MEANT_WORDS words of a query are looked at, MEANT_MAX are given out. After MEANT_MS, or
 *   the deadline of the search, nothing more is looked for.
 * Errors: those of query.h; a search that takes too long finds nothing.
 */
#ifndef MEANT_H
#define MEANT_H

#include "query.h"

enum { MEANT_WORDS = 6, MEANT_MAX = 3, MEANT_MS = 3000 };

struct meant {
	struct str word;  /* as typed */
	struct str instead;
	struct str query; /* the whole query with this and the others */
	int column;       /* of the word */
};

struct meant_list {
	const struct meant *v;
	size_t n;
};

/* For a query of the search box that found nothing: words for the words that are nowhere. Any
 * other query has none. In the arena. 1 or -1. */
int meant_find(struct qdb *db, struct arena *a, struct str text, const struct query_options *o,
	       struct meant_list *out, struct err *err);
/* Words that begin like `piece` (as typed), at most `max`. In the arena. */
struct meant_words {
	size_t max; /* to be filled by the caller */
	const struct str *v;
	size_t n;
};
int meant_begin(struct qdb *db, struct arena *a, struct str piece, const struct query_options *o,
		struct meant_words *out, struct err *err);

#endif
