/* scrub: what is left of destroyed messages in a piece of a tar archive.
 *
 * What: edits the members of a frame's content in place, every one keeping its length: bytes of a
 *   destroyed message become zeros, its name, salt and facts go, its leaf stays; lines of facts
 *   that tell of its copies lose what they tell.
 * Source: docs/formats/archive.md, "Destruction".
 * Errors: ERR_BROKEN for what is not a sound piece of tar; then the content is half edited.
 */
#ifndef SCRUB_H
#define SCRUB_H

#include "err.h"
#include "str.h"

#define SCRUB_NAME "destroyed/" /* begins the name of what is left of a message */

struct scrub_copy {
	int64_t epoch;
	uint32_t uid;
};
/* What is to go; both lists ascend. */
struct scrub_set {
	uint32_t *numbers;
	size_t n;
	struct scrub_copy *copies;
	size_t n_copies;
};
/* Counts are added to. */
struct scrub_counts {
	uint64_t messages, facts; /* edited now */
	uint64_t left;            /* members of destroyed messages, new and old ones */
};

/* Brings the lists of a set into their order. */
void scrub_sort(struct scrub_set *set);
/* Whole members. 1 or -1. */
int scrub_content(char *p, size_t n, const struct scrub_set *set, struct scrub_counts *c,
		  struct err *err);
/* A content of `whole` bytes, of which the first n are at hand. */
struct scrub_part {
	char *p;
	size_t n;
	uint64_t whole;
};
/* The only member of such a content. 1: it is a message of the set, its headers are edited, *head
 * is their length, and behind them everything is to be zeros; 0 it is not; -1, also when a
 * message of the set is not alone. Counts as scrub_content does. */
int scrub_first(const struct scrub_part *part, const struct scrub_set *set,
		struct scrub_counts *c, size_t *head, struct err *err);

#endif
