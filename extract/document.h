/* document: from a type to the function that reads it.
 *
 * Shape: one table. A reader adds text to the board and says what stood in the way; what is
 *   in a container goes through document_nested.
 * Limits: DOCUMENT_DEPTH containers in one another, DOCUMENT_MEMBERS in all, and in all
 *   DOCUMENT_SLACK + DOCUMENT_RATIO for each byte, at most DOCUMENT_EXPANDED bytes that come out of
 *   compression.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "board.h"
#include "buf.h"

enum { DOCUMENT_DEPTH = 8, DOCUMENT_MEMBERS = 10000 };
#define DOCUMENT_EXPANDED ((size_t)1 << 30)
#define DOCUMENT_SLACK ((size_t)64 << 20)
#define DOCUMENT_RATIO ((size_t)250)

/* One document on its way through the readers. */
struct document {
	struct arena *a;
	struct board *board;
	struct extract_document doc;
	struct str type;  /* by content */
	unsigned depth;   /* containers around it */
	struct document_sum *sum;
};

/* What a document and all in it have used up. */
struct document_sum {
	size_t members, expanded;
	size_t most; /* that may be expanded */
	bool pictures; /* they are read, now or by another process */
};

/* Loads what readers need from files: once, before there are none. With languages, what reads
 * pictures too. 1 or -1. */
int document_load(struct str ocr, struct err *err);
/* Reads a whole document (the zygote's work). Where pictures can be read, nothing but their words
 * is written down. */
void document_work(struct board *b, const struct extract_document *from);
/* Nothing here reads what it is. */
void document_unknown(struct document *d);
/* Reads a document that stands in d, below a line with its name. */
void document_nested(struct document *d, const struct extract_document *from);
/* Writes d->type down, when it has become clearer, if this is the outermost document. */
void document_type(struct document *d);
/* May n more bytes be made from compressed ones, one more member be read? false: no, and the
 * board says so. */
bool document_may_expand(struct document *d, size_t n);
bool document_may_open(struct document *d);

#endif
