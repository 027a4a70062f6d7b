/* db: SQLite, as this room uses it.
 *
 * What: opening with the settings the catalog needs, statements that stay prepared, errors
 *   sorted into our kinds.
 * Errors: ERR_LATER busy; ERR_BROKEN damaged, full or failing disk, anything else.
 * Memory: statements are kept until db_close, by the address of their text: use literals.
 */
#ifndef DB_H
#define DB_H

#include "arena.h"
#include "err.h"

#include <sqlite3.h>

struct db;

enum db_mode { DB_READ, DB_WRITE, DB_CREATE, DB_STILL };

/* DB_READ works on read-only directories too; DB_STILL is for a file that nobody changes.
 * 1 or -1. Close with db_close (accepts NULL). */
int db_open(struct db **out, const char *path, enum db_mode mode, struct err *err);
void db_close(struct db **db);
/* Runs statements that are not worth keeping (schema, pragmas). */
int db_exec(struct db *db, const char *sql, struct err *err);
/* Writes the database as it is now into a file, which is replaced; durable, but for its name. */
int db_copy(struct db *db, const char *path, struct err *err);
/* Sets *err from what SQLite said last. Returns -1. */
int db_error(struct db *db, struct err *err);

/* Runs a kept statement to its end. `kinds` has one letter per value that follows: i int64_t,
 * s struct str as text (as a blob when it is not UTF-8), b struct str as a blob. 1 or -1. */
int db_do(struct db *db, struct err *err, const char *sql, const char *kinds, ...);
/* Starts a kept query and takes its first row. 1: *out has it, read on with db_step, or reset it
 * with db_done; 0 no rows; -1. */
int db_one(struct db *db, struct err *err, sqlite3_stmt **out, const char *sql,
	   const char *kinds, ...);
/* The next row of a query. 1; 0 end; -1. At 0 and -1 the query is reset. */
int db_step(struct db *db, sqlite3_stmt *st, struct err *err);
/* Resets a query that was not read to its end. */
void db_done(sqlite3_stmt *st);
/* Prepares text that is not kept; the caller finalizes. NULL on error. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct err *err);
/* Rows the last statement changed. */
int db_changes(struct db *db);
/* Text or blob of a column, borrowed until the next step. */
struct str db_str(sqlite3_stmt *st, int column);

#endif
