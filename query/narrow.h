/* narrow: from the needle of a text leaf to documents, by terms and filter.
 *
 * What: every function sets bits of all documents of the segment that may satisfy the leaf,
 *   and perhaps of more; narrow_body also says of which it is certain.
 * Source: lib/index/schema.h, lib/index/lexicon.h, lib/index/filter.h.
 * Shape: a needle is cut into lines (terms and the filter know no line ends), each line into
 *   tokens: an inner token is a whole term, the first may be the end of one, the last the
 *   beginning, a single one anywhere.
 */
#ifndef NARROW_H
#define NARROW_H

#include "bits.h"
#include "halt.h"
#include "iseg.h"
#include "mail.h"

struct narrow {
	struct iseg *seg;
	struct halt *halt; /* or NULL; asked before each token and line */
	struct arena a;      /* scratch of one leaf */
	struct bits always;  /* documents with a cut token or without terms: always candidates */
	struct bits unknown; /* of these, those of which nothing is known at all */
};

/* Starts with empty marks. Free with narrow_close. */
void narrow_open(struct narrow *n, struct iseg *seg);
/* Reads the marks of the segment. 1 or -1. */
int narrow_marks(struct narrow *n, struct err *err);
void narrow_close(struct narrow *n);
/* Marks the documents for a leaf of that kind, in sets that are empty to begin with. 1 or -1
 * (ERR_BROKEN from the index, ERR_LATER halted). */
int narrow_key(struct narrow *n, enum mail_key key, struct str needle, struct bits *maybe,
	       struct err *err);
int narrow_body(struct narrow *n, struct str needle, struct bits *maybe, struct bits *sure,
		struct err *err);
/* head: documents that may have the needle in a header; body (all-zero, and it may stay so): those
 * that may have it in a body and are not sure. */
struct narrow_text {
	struct bits *maybe, *sure, *head, *body;
};
int narrow_text(struct narrow *n, struct str needle, const struct narrow_text *out,
		struct err *err);
int narrow_header(struct narrow *n, struct str name, struct str needle, struct bits *maybe,
		  struct bits *sure, struct err *err);
int narrow_words(struct narrow *n, struct str field, const struct str *words, size_t n_words,
		 struct bits *maybe, struct err *err);
/* The same for words of a stem, which all begin with `prefix` (stem.h). */
struct narrow_stem {
	struct str stem, prefix;
	const char *lang;
};
int narrow_stem(struct narrow *n, struct str field, const struct narrow_stem *s,
		struct bits *maybe, struct err *err);
/* The same for words that have `token` at that place. */
int narrow_at(struct narrow *n, struct str field, struct str token, enum lexicon_place place,
	      struct bits *maybe, struct err *err);
/* Documents with an attachment of a kind (partkind.h). */
int narrow_has(struct narrow *n, struct str kind, struct bits *maybe, struct bits *sure,
	       struct err *err);
/* Documents whose day of the Date field, whose size in octets lies between lo and hi, both
 * included. */
void narrow_days(struct narrow *n, int32_t lo, int32_t hi, struct bits *maybe, struct bits *sure);
void narrow_sizes(struct narrow *n, uint64_t lo, uint64_t hi, struct bits *maybe,
		  struct bits *sure);

#endif
