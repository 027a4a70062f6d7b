/* weigh: how well a message fits the words of a query.
 *
 * What: BM25 over weighted fields. A word counts for more the rarer it is, in a subject more than
 *   in an address, there more than in the text, in what is only quoted less, and less in a long
 *   text. Two measures: a cheap one from an index segment's terms, which say in which fields a
 *   word stands but not how often, and the full one from a message's record.
 * Source: docs/search.md, "Order"; docs/decisions/0011-relevance.md.
 * Shape: made for a query; statistics are added a segment at a time, over the messages that the
 *   asker may read and searches, and nothing else.
 * Limits: the first WEIGH_WORDS different words count; of a text its first 256 KiB.
 * Units: scores are integers, so that equal ones are equal everywhere.
 */
#ifndef WEIGH_H
#define WEIGH_H

#include "bits.h"
#include "iseg.h"
#include "mtext.h"
#include "qnode.h"
#include "stem.h"

#define WEIGH_WORDS 24

struct weigh_word {
	struct str token;   /* mapped, as it was typed */
	struct str field;   /* "" any */
	struct str stem;    /* "" unless words of a stem are looked for, and */
	struct str prefix;  /* what they begin with (stem.h) */
	bool plain;         /* has no marks, and marks do not count */
	uint64_t df;        /* messages that have it */
	double idf;
};

struct weigh {
	struct arena *a;
	struct weigh_word *words;
	size_t n;
	struct stem *stemmer; /* NULL: no word needs one */
	const char *lang;     /* its language (stem.h) */
	uint64_t docs;
	bool recent;          /* newer messages count for more */
};

/* Where the words stand in the documents of a segment. */
struct weigh_sets {
	struct bits *sets; /* by word, by place */
	size_t n;
};

/* The words of a tree that are not negated. Free with weigh_close. */
void weigh_open(struct weigh *w, struct arena *a, const struct qnode *root, bool recent);
void weigh_close(struct weigh *w);
/* Looks the words up in a segment, and counts them in the documents that are `in`. Free with
 * weigh_release. 1 or -1. */
int weigh_segment(struct weigh *w, struct iseg *seg, const struct bits *in,
		  struct weigh_sets *out, struct err *err);
void weigh_release(struct weigh_sets *s);
/* When all segments were counted: how much each word is worth. */
void weigh_settle(struct weigh *w);
/* The cheap score of document i of the segment (0: the first), sent at `date`. */
int64_t weigh_cheap(const struct weigh *w, const struct weigh_sets *s, const struct order *o,
		    size_t i);
/* The cheap score by the same measure, and the full one, from the record at hand. `scratch` is
 * reset. */
struct weigh_score {
	int64_t cheap, full;
};
struct weigh_score weigh_record(const struct weigh *w, struct mtext *m, uint64_t size,
				int64_t date, struct arena *scratch);

#endif
