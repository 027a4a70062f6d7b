/* boxleaf: the fields of the search box: from field and value to leaves of the tree.
 *
 * Source: docs/search.md, "The search box". The table here is the one that help and completion
 *   are made of.
 * Shape: what the leaves of one query share, filled by boxq.c; leaves live in its arena.
 * Limits: QNODE_MAX_LEAVES (`full` is set); BOXLEAF_WARNINGS warnings; names of header fields of
 *   BOXLEAF_HEADER bytes, as each leaf of a group has a copy.
 */
#ifndef BOXLEAF_H
#define BOXLEAF_H

#include "boxq.h"

#define BOXLEAF_WARNINGS 100
#define BOXLEAF_HEADER 998
#define BOXLEAF_PAIRS 64 /* that two sides of NEAR make, when they are ORs */

struct boxleaf {
	struct arena *a;
	struct str in;
	int32_t today;
	size_t col_at; /* the place up to which columns are counted, and the column there */
	int col;
	size_t leaves;
	bool full;
	struct boxq_warning *warnings;
	size_t n_warnings;
};

/* A run of the input without blanks: [field:]text or [field:]"text". */
struct boxleaf_word {
	size_t at;        /* where it begins */
	struct str field; /* "" when none, without the colon */
	struct str text;
	bool quoted;
};

/* The column (in characters, from 1) of a place. */
int boxleaf_column(struct boxleaf *b, size_t at);
/* Warns of a place. The text is printed into the arena. */
void boxleaf_warn(struct boxleaf *b, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A text that may be printed: itself when it is short and UTF-8. */
struct str boxleaf_quotable(struct str s);
/* What a word stands for; NULL: nothing to search for, which is said in a warning. */
const struct qnode *boxleaf_node(struct boxleaf *b, const struct boxleaf_word *w);
/* For boxq_field and its like. */
const char *boxleaf_field(size_t i);
const char *boxleaf_expects(size_t i);
const char *boxleaf_other(size_t i, const char **means);
/* Is it the name of a field? */
bool boxleaf_is_field(struct str name);
/* Would the value be longer by the next word? "last" by "week", "5" by "MB". */
bool boxleaf_goes_on(const struct boxleaf *b, struct str field, struct str value);
/* Two words (as boxleaf_node makes them, or ORs of such) within so many words of each other.
 * NULL: they cannot be, or make more than BOXLEAF_PAIRS pairs. */
const struct qnode *boxleaf_near(struct boxleaf *b, const struct qnode *x, const struct qnode *y,
				 uint64_t within);
/* x and y joined. */
const struct qnode *boxleaf_both(struct boxleaf *b, enum qnode_kind kind, const struct qnode *x,
				 const struct qnode *y);

#endif
