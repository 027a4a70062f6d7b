#include "saved.h"

#include <time.h>

const char saved_schema[] =
	"CREATE TABLE IF NOT EXISTS saved(saved INTEGER PRIMARY KEY AUTOINCREMENT,"
	" owner TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, dialect TEXT NOT NULL,"
	" account TEXT NOT NULL, mailbox TEXT NOT NULL, grammar INTEGER NOT NULL,"
	" shared INTEGER NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL,"
	" UNIQUE(owner, name));";

#define COLUMNS "saved, owner, name, query, dialect, account, mailbox, grammar, shared, made," \
		" changed"

static int check(const struct saved *s, struct err *err)
{
	if (s->name.n < 1 || s->name.n > SAVED_MAX_NAME || !str_utf8(s->name))
		return err_set(err, ERR_INPUT, "the name of a saved search has 1 to %d bytes of"
			       " UTF-8", SAVED_MAX_NAME);
	for (size_t i = 0; i < s->name.n; i++)
		if ((unsigned char)s->name.p[i] < 0x20 || s->name.p[i] == 0x7F)
			return err_set(err, ERR_INPUT, "the name of a saved search has no control"
				       " characters");
	if (s->query.n > SAVED_MAX_QUERY || s->account.n + s->mailbox.n > SAVED_MAX_QUERY)
		return err_set(err, ERR_INPUT, "the query is longer than %d bytes",
			       SAVED_MAX_QUERY);
	return 1;
}

static int number(struct people *p, const char *sql, const struct saved *s, int64_t *out,
		  struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, sql, "sis", s->owner, s->id, s->name);
	*out = r == 1 ? sqlite3_column_int64(st, 0) : 0;
	if (r == 1)
		db_done(st);
	return r;
}

/* Is there room, and is the name free (but for the search itself)? 1 or -1. */
static int check_place(struct people *p, const struct saved *s, struct err *err)
{
	int64_t n, other;
	if (number(p, "SELECT count(*) FROM saved WHERE owner = ?1 AND saved <> ?2 AND ?3 <> ''",
		   s, &n, err) < 0 ||
	    number(p, "SELECT saved FROM saved WHERE owner = ?1 AND saved <> ?2 AND name = ?3", s,
		   &other, err) < 0)
		return -1;
	if (other)
		return err_set(err, ERR_INPUT, "a saved search of that name is there already");
	if (n >= SAVED_MAX)
		return err_set(err, ERR_INPUT, "there are %d saved searches already", SAVED_MAX);
	return 1;
}

static int add(struct people *p, struct saved *s, struct err *err)
{
	int64_t id;
	if (check_place(p, s, err) < 0 ||
	    db_do(people_db(p), err, "INSERT INTO saved(owner, name, query, dialect, account,"
		  " mailbox, grammar, shared, made, changed) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?9)",
		  "ssssssiii", s->owner, s->name, s->query, s->dialect,
		  s->account, s->mailbox, s->grammar, (int64_t)s->shared,
		  s->made) < 0 ||
	    number(p, "SELECT saved FROM saved WHERE owner = ?1 AND saved > ?2 AND name = ?3", s,
		   &id, err) < 0)
		return -1;
	s->id = id;
	return 1;
}

int saved_add(struct people *p, struct saved *s, struct err *err)
{
	s->id = 0;
	s->made = s->changed = (int64_t)time(NULL);
	if (check(s, err) < 0 || people_begin(p, err) < 0)
		return -1;
	return people_end(p, add(p, s, err), err);
}

static int set(struct people *p, const struct saved *s, struct err *err)
{
	if (check_place(p, s, err) < 0 ||
	    db_do(people_db(p), err, "UPDATE saved SET name = ?3, query = ?4, dialect = ?5,"
		  " account = ?6, mailbox = ?7, grammar = ?8, shared = ?9, changed = ?10"
		  " WHERE owner = ?1 AND saved = ?2", "sisssssiii", s->owner, s->id,
		  s->name, s->query, s->dialect, s->account, s->mailbox,
		  s->grammar, (int64_t)s->shared, s->changed) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}

int saved_set(struct people *p, struct saved *s, struct err *err)
{
	s->changed = (int64_t)time(NULL);
	if (check(s, err) < 0 || people_begin(p, err) < 0)
		return -1;
	return people_end(p, set(p, s, err), err);
}

int saved_remove(struct people *p, int64_t id, struct str owner, struct err *err)
{
	if (db_do(people_db(p), err, "DELETE FROM saved WHERE saved = ?1 AND owner = ?2", "is", id,
		  owner) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}

static struct saved read_row(sqlite3_stmt *st, struct arena *a)
{
	return (struct saved){
		.id = sqlite3_column_int64(st, 0), .owner = arena_str(a, db_str(st, 1)),
		.name = arena_str(a, db_str(st, 2)), .query = arena_str(a, db_str(st, 3)),
		.dialect = arena_str(a, db_str(st, 4)), .account = arena_str(a, db_str(st, 5)),
		.mailbox = arena_str(a, db_str(st, 6)), .grammar = sqlite3_column_int64(st, 7),
		.shared = sqlite3_column_int64(st, 8) != 0, .made = sqlite3_column_int64(st, 9),
		.changed = sqlite3_column_int64(st, 10)};
}

int saved_find(struct people *p, struct arena *a, int64_t id, struct str user, struct saved *out,
	       struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM saved WHERE saved = ?1"
		       " AND (owner = ?2 OR shared)", "is", id, user);
	if (r == 1) {
		*out = read_row(st, a);
		db_done(st);
	}
	return r;
}

int saved_list(struct people *p, struct arena *a, struct str user, const struct saved **out,
	       size_t *n_out, struct err *err)
{
	struct saved *list = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM saved WHERE owner = ?1"
		       " OR shared ORDER BY name COLLATE NOCASE, saved", "s", user);
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = read_row(st, a);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}
