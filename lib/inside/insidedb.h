/* insidedb: what came of documents that were looked into, kept by their bytes.
 *
 * What: GENERATION/parts.db. A document that stands in fifty mails is read once; a rebuild and a
 *   search without index need not read it again, and get the same answer even when a limit on
 *   time decided it.
 * Source: docs/formats/index.md, "parts.db".
 * Shape: SQLite, many writers, each document its own transaction. Derived: what is missing or
 *   damaged costs time, never an answer, so nothing here fails.
 * Limits: INSIDEDB_MAX bytes; then nothing more is kept.
 */
#ifndef INSIDEDB_H
#define INSIDEDB_H

#include "hash.h"
#include "record.h"

#define INSIDEDB_MAX ((uint64_t)4 << 30)

struct insidedb;

/* Opens the file of a directory; when it shall be written, makes it. NULL: it cannot be had.
 * Close with insidedb_close (accepts NULL). */
struct insidedb *insidedb_open(const char *dir, bool write);
void insidedb_close(struct insidedb **db);
/* Fills in outcome, version, why and text (in the arena) of a document by its key, if it holds no
 * pictures or these were read by the languages in *ocr ("": not read); *ocr becomes what
 * insidedb_put was told. 1 or 0. */
int insidedb_get(struct insidedb *db, struct arena *a, const unsigned char key[HASH_BYTES],
		 struct str *ocr, struct record_part *out);
/* Keeps them, and the languages by which the pictures in it were read; {0}: it holds none. */
void insidedb_put(struct insidedb *db, const unsigned char key[HASH_BYTES], struct str ocr,
		  const struct record_part *p);

#endif
