/* match: the matcher. It defines the answer: from a message, its copies and a tree, yes or no.
 *
 * Source: docs/search.md.
 * Shape: levels of evidence, taken up only as far as the tree is not decided: what the plan
 *   knows and the copies' facts; the record and the header lines, from the index; the message
 *   itself, parsed; what stands inside its attachments.
 *   Leaves about the message are decided once for all its copies.
 * Memory: one matcher for a query; what it gives out lives until the next match_begin.
 */
#ifndef MATCH_H
#define MATCH_H

#include "mtext.h"
#include "qnode.h"
#include "scope.h"

struct match;

/* The tree with what judging it needs. Plain; filled by match_tree. */
struct match_leaf {
	const struct qnode *q;
	bool negated;                 /* under an odd number of NOTs */
	const bool *plain;            /* WORD: which words have no marks */
	const struct scope_set *sets; /* UID, SEQ: in each epoch of the scope */
	size_t n_sets;
	const uint32_t *numbers;      /* TAG, THREAD: of its messages (tagged.h, thread.h) */
	size_t n_numbers;
	struct str field;             /* HEADER: its name, mapped */
};
struct match_tree {
	const struct qnode *root;
	struct match_leaf *leaves;
	size_t n;
	const struct scope *scope;
	int64_t now;   /* for OLDER and YOUNGER */
	bool copies;   /* does any leaf judge copies? */
	bool stems;    /* does any leaf compare stems? */
	const char *lang; /* of those that are not FUZZY's, NULL: there are none */
};

/* Prepares a tree in the scope's arena. 1 or -1. */
int match_tree(struct match_tree *out, const struct qnode *root, const struct scope *scope,
	       int64_t now, struct err *err);
/* A matcher over a prepared tree, both borrowed. */
void match_open(struct match **out, struct archive *ar, const struct match_tree *tree);
/* Borrowed: judging ends with ERR_LATER when it says so. */
void match_halt(struct match *m, struct halt *halt);
/* Borrowed: what looks into attachments of messages whose record does not tell; NULL: nothing. */
void match_inside(struct match *m, struct inside *inside);
void match_close(struct match **m);
/* The next message; its texts, to begin, to load, to look at. */
void match_begin(struct match *m, uint64_t number, struct iseg *seg);
struct mtext *match_texts(struct match *m);
/* Tells what is known of a leaf about this message; of the whole tree (that it holds). */
void match_known(struct match *m, size_t leaf, bool yes);
void match_sure(struct match *m);
/* Tells that no header of the message has the text of a leaf. */
void match_no_header(struct match *m, size_t leaf);
/* The same: a text is in no body. */
void match_no_body(struct match *m, size_t leaf);
/* It is quarantined: not even its header is parsed before its record was seen. */
void match_lost(struct match *m);
/* Judges the message: the copies of the scope that satisfy the tree. A message without any
 * copy is judged once, with no facts about copies, and only in a scope of everything. 1: it is
 * a hit; 0: not; -1. */
int match_copies(struct match *m, const struct archive_copy **out, size_t *n_out,
		 struct err *err);
/* The same for whoever does not want the copies: they are not looked up where nothing depends on
 * them. */
int match_message(struct match *m, struct err *err);
/* How well the message at hand fits its FUZZY words, 1 to 100. 1 or -1. */
int match_relevance(struct match *m, unsigned *out, struct err *err);
/* What a WORD leaf of the tree looks for. */
struct mtext_words match_words(const struct match *m, const struct qnode *q);
/* How many messages could not be judged, because they must not be parsed: taken for no hits. */
uint64_t match_unjudged(const struct match *m);
/* Judges one copy (NULL: none) of a message at hand. 1, 0, -1. */
int match_copy(struct match *m, const struct archive_copy *c, struct err *err);

#endif
