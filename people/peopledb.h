/* peopledb: what people make, in one SQLite file beside the catalog.
 *
 * What: ARCHIVE/people.db, which no rebuilding touches. Each module of this room has tables of
 *   its own, made when the file is first written to.
 * Source: docs/formats/people.md.
 * Prefix: people_
 * Errors: ERR_LATER somebody else writes for longer than the busy time; ERR_BROKEN.
 * Threads: one handle per thread. One writer at a time, by SQLite's own lock; readers never wait.
 */
#ifndef PEOPLEDB_H
#define PEOPLEDB_H

#include "db.h"

struct people;

enum { PEOPLE_VERSION = 1 };

/* Opens the file in an archive's directory, for reading and writing; makes it, mode 0600, when it
 * is not there. In a directory that cannot be written to it is only read. Close with
 * people_close. 1 or -1. */
int people_open(struct people **out, const char *archive_dir, struct err *err);
void people_close(struct people **p);
/* The database, borrowed. */
struct db *people_db(struct people *p);
/* Begins a transaction that writes. 1 or -1: then there is none. */
int people_begin(struct people *p, struct err *err);
/* Ends it: r is what its work came to, 1 commits, else all of it is given up. r, or -1. */
int people_end(struct people *p, int r, struct err *err);

#endif
