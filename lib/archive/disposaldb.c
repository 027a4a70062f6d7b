#include "disposaldb.h"

int disposaldb_add(struct db *db, const struct disposal *d, const uint32_t *numbers, size_t n,
		   struct err *err)
{
	if (db_do(db, err, "INSERT OR IGNORE INTO disposals(disposal, at, who, reason, query,"
		  " messages) VALUES(?1, ?2, ?3, ?4, ?5, 0)", "iisss", d->id, d->at, d->who,
		  d->reason, d->query) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (db_do(db, err, "UPDATE messages SET disposal = ?2 WHERE number = ?1", "ii",
			  (int64_t)numbers[i], d->id) < 0)
			return -1;
	return db_do(db, err, "UPDATE disposals SET messages = messages + ?2 WHERE disposal = ?1",
		     "ii", d->id, (int64_t)n);
}

static int destroy(struct db *db, int64_t id, struct err *err)
{
	if (db_do(db, err, "UPDATE copies SET internaldate = 0, zone = 0, day = 0, flags = 0,"
		  " keywords = '', source = '', found = '', emailid = '', savedate = 0"
		  " WHERE message IN"
		  " (SELECT number FROM messages WHERE disposal = ?1)", "i", id) < 0)
		return -1;
	return db_do(db, err, "UPDATE messages SET hash = NULL WHERE disposal = ?1", "i", id);
}

int disposaldb_end(struct db *db, const struct disposal *d, struct err *err)
{
	int r;
	if (d->state != DISPOSAL_RESTORED)
		r = destroy(db, d->id, err);
	else
		r = db_do(db, err, "UPDATE messages SET disposal = 0 WHERE disposal = ?1", "i",
			  d->id);
	if (r < 0)
		return -1;
	return db_do(db, err, "UPDATE disposals SET state = ?2, ended = ?3, ended_by = ?4"
		     " WHERE disposal = ?1", "iiis", d->id, (int64_t)d->state, d->ended,
		     d->ended_by);
}

static void read_row(sqlite3_stmt *st, struct arena *a, struct disposal *out)
{
	*out = (struct disposal){
		.id = sqlite3_column_int64(st, 0),
		.at = sqlite3_column_int64(st, 1),
		.who = arena_str(a, db_str(st, 2)),
		.reason = arena_str(a, db_str(st, 3)),
		.query = arena_str(a, db_str(st, 4)),
		.messages = (uint64_t)sqlite3_column_int64(st, 5),
		.state = (enum disposal_state)sqlite3_column_int(st, 6),
		.ended = sqlite3_column_int64(st, 7),
		.ended_by = arena_str(a, db_str(st, 8)),
	};
}

#define COLUMNS "disposal, at, who, reason, query, messages, state, ended, ended_by"

int disposaldb_get(struct db *db, struct arena *a, int64_t id, struct disposal *out,
		   struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT " COLUMNS " FROM disposals WHERE disposal = ?1", "i",
		       id);
	if (r == 1) {
		read_row(st, a, out);
		db_done(st);
	}
	return r;
}

int disposaldb_list(struct db *db, struct arena *a, const struct disposal **out, size_t *n_out,
		    struct err *err)
{
	struct disposal *list = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(db, err, &st, "SELECT " COLUMNS " FROM disposals ORDER BY disposal", "");
	for (; r == 1; r = db_step(db, st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		read_row(st, a, &list[n++]);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

int disposaldb_masked(struct db *db, struct arena *a, const uint32_t **out, size_t *n_out,
		      struct err *err)
{
	uint32_t *list = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(db, err, &st, "SELECT number FROM messages INDEXED BY"
		       " messages_disposal WHERE disposal <> 0 ORDER BY number", "");
	for (; r == 1; r = db_step(db, st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = (uint32_t)sqlite3_column_int64(st, 0);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

/* Is there a row? */
static int any(sqlite3_stmt *st, int r)
{
	if (r == 1)
		db_done(st);
	return r;
}

int disposaldb_destroyed(struct db *db, uint64_t number, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT 1 FROM messages WHERE number = ?1 AND hash IS NULL",
		       "i", (int64_t)number);
	return any(st, r);
}

int disposaldb_copy_destroyed(struct db *db, int64_t epoch, uint32_t uid, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT 1 FROM copies c JOIN messages m ON"
		       " m.number = c.message WHERE c.epoch = ?1 AND c.uid = ?2 AND c.vanished = 0"
		       " AND m.hash IS NULL", "ii", epoch, (int64_t)uid);
	return any(st, r);
}
