/* column: what facets count, of each document of a segment, in one memory-mapped file.
 *
 * What: size, day, addresses and types of attachments, a few bytes a document, so that nothing
 *   need be decompressed to count them. Names (addresses, types) stand once, sorted, each with the
 *   number of its documents; a document has their places.
 * Source: docs/formats/index.md, "columns".
 * Limits: COLUMN_MAX_NAMES of each kind a document; names of COLUMN_MAX_NAME bytes. What is beyond
 *   is not in the file.
 * Memory: a handle maps the file; names borrow from it. A row lives until the next column_row.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include "record.h"

enum { COLUMN_MAX_NAMES = 1000, COLUMN_MAX_NAME = 200 };

/* A name begins with the letter of its kind. */
#define COLUMN_ADDRESS 'A' /* in lower case */
#define COLUMN_TYPE 'T'    /* of an attachment */

/* One document, as names. */
struct column_doc {
	uint64_t size;
	int32_t day; /* of the Date field as written, else of its sort date; since 1970-01-01 */
	const struct str *from, *to, *types; /* with the letter; each name once */
	size_t n_from, n_to, n_types;
};
/* What a record says. In the arena. */
void column_of(struct arena *a, const struct record *r, uint64_t size, struct column_doc *out);

struct column_maker;
/* Starts a file in memory; column_maker_free accepts NULL. */
struct column_maker *column_maker_new(void);
/* The next document. */
void column_add(struct column_maker *mk, const struct column_doc *d);
/* Writes the file (synced). 1 or -1. */
int column_write(struct column_maker *mk, const char *path, struct err *err);
void column_maker_free(struct column_maker **mk);
/* Joins the files of neighbouring segments. 1; 0: one of them has none, nothing is written; -1. */
int column_merge(const char *const *from, size_t n, const char *to, struct err *err);

struct column;

/* 1; 0: there is no such file; -1 (ERR_BROKEN damaged). column_close accepts NULL. */
int column_open(struct column **out, const char *path, struct err *err);
void column_close(struct column **c);
/* Documents; names. Who asks for names is about to read all of it. */
uint32_t column_docs(const struct column *c);
uint32_t column_names(struct column *c);
/* Name number i, with its letter, and how many documents have it; "" when it is damaged. */
struct str column_name(const struct column *c, uint32_t i, uint32_t *docs);
/* The first name that is not below `key`; column_names when there is none. */
uint32_t column_lower(const struct column *c, struct str key);
/* All names, sorted, each with LF behind it; the place of the one that byte `at` belongs to. */
struct str column_text(const struct column *c);
uint32_t column_at(const struct column *c, size_t at);

/* One document, as places of names. */
struct column_row {
	uint64_t size;
	int32_t day;
	const uint32_t *from, *to, *types;
	size_t n_from, n_to, n_types;
};
/* The row of a docid; cheap when docids ascend. 1 or -1 (ERR_BROKEN). */
int column_row(struct column *c, uint32_t docid, struct column_row *out, struct err *err);

#endif
