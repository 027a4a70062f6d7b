#include "tag.h"

#include <stdlib.h>
#include <time.h>

const char tag_schema[] =
	"CREATE TABLE IF NOT EXISTS tags(tag INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name TEXT NOT NULL UNIQUE COLLATE NOCASE, at INTEGER NOT NULL, by TEXT NOT NULL,"
	" serial INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS tag_messages(message INTEGER PRIMARY KEY,"
	" hash BLOB NOT NULL UNIQUE, number INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS tagged(tag INTEGER NOT NULL, message INTEGER NOT NULL,"
	" at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY(tag, message)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS tagged_message ON tagged(message);";

/* ---- names ---- */

/* Two names that look the same must be the same: no character that nobody sees, and none that
 * turns the order of others round. U+0080..9F, U+200B..200F, 2028..202E, 2060..206F, FEFF. */
static bool unseen(const unsigned char *p, size_t n)
{
	if (n >= 2 && p[0] == 0xC2 && p[1] < 0xA0)
		return true;
	if (n >= 3 && p[0] == 0xE2 && p[1] == 0x80)
		return (p[2] >= 0x8B && p[2] <= 0x8F) || (p[2] >= 0xA8 && p[2] <= 0xAE);
	if (n >= 3 && p[0] == 0xE2 && p[1] == 0x81)
		return p[2] >= 0xA0 && p[2] <= 0xAF;
	return n >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF;
}

int tag_check_name(struct str name, struct err *err)
{
	const unsigned char *p = (const unsigned char *)name.p;
	if (name.n < 1 || name.n > TAG_MAX_NAME)
		return err_set(err, ERR_INPUT, "a tag's name has 1 to %d bytes", TAG_MAX_NAME);
	if (!str_utf8(name))
		return err_set(err, ERR_INPUT, "a tag's name is UTF-8");
	for (size_t i = 0; i < name.n; i++)
		if (p[i] < 0x20 || p[i] == 0x7F || p[i] == '"' || unseen(p + i, name.n - i))
			return err_set(err, ERR_INPUT, "a tag's name has no quotation marks,"
				       " control characters or invisible characters");
	if (p[0] == ' ' || p[name.n - 1] == ' ')
		return err_set(err, ERR_INPUT, "a tag's name begins and ends with no blank");
	if (str_eq(name, STR(".")) || str_eq(name, STR("..")))
		return err_set(err, ERR_INPUT, "a tag cannot be called '.' or '..'");
	return 1;
}

/* ---- picking ---- */

int tag_pick_none(struct people *p, struct err *err)
{
	return db_exec(people_db(p), "CREATE TEMP TABLE IF NOT EXISTS picked("
		       "number INTEGER PRIMARY KEY, hash BLOB NOT NULL);"
		       "DELETE FROM temp.picked", err);
}

int tag_pick(struct people *p, uint64_t number, const unsigned char hash[HASH_BYTES],
	     struct err *err)
{
	return db_do(people_db(p), err, "INSERT OR REPLACE INTO temp.picked VALUES(?1, ?2)", "ib",
		     (int64_t)number, (struct str){(const char *)hash, HASH_BYTES});
}

/* ---- changing ---- */

static int number_of(struct people *p, const char *sql, uint64_t *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, sql, "");
	*out = r == 1 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	if (r == 1)
		db_done(st);
	return r < 0 ? -1 : 1;
}

static int check_room(struct people *p, struct str name, struct err *err)
{
	struct arena a = {0};
	struct tag t;
	uint64_t n;
	int r = tag_find(p, &a, name, &t, err);
	if (r == 0)
		r = number_of(p, "SELECT count(*) FROM tags", &n, err);
	if (r == 1 && t.id == 0 && n >= TAG_MAX)
		r = err_set(err, ERR_INPUT, "there are %d tags already", TAG_MAX);
	arena_free(&a);
	return r;
}

static int put(struct people *p, struct tag_change *c, struct str who, struct err *err)
{
	struct db *db = people_db(p);
	struct str name = c->name;
	int64_t now = (int64_t)time(NULL);
	if (check_room(p, name, err) < 0 ||
	    db_do(db, err, "INSERT INTO tags(name, at, by, serial) VALUES(?1, ?2, ?3, 1)"
		  " ON CONFLICT(name) DO UPDATE SET serial = serial + 1", "sis", name, now,
		  who) < 0 ||
	    db_do(db, err, "INSERT INTO tag_messages(hash, number)"
		  " SELECT hash, number FROM temp.picked WHERE true ON CONFLICT(hash)"
		  " DO UPDATE SET number = excluded.number WHERE number <> excluded.number",
		  "") < 0 ||
	    db_do(db, err, "INSERT OR IGNORE INTO tagged SELECT"
		  " (SELECT tag FROM tags WHERE name = ?1), m.message, ?2, ?3"
		  " FROM temp.picked p JOIN tag_messages m ON m.hash = p.hash", "sis", name, now,
		  who) < 0)
		return -1;
	c->changed = (uint64_t)db_changes(db);
	return 1;
}

/* What no message has any more, and what has no tag any more. */
static int sweep(struct people *p, struct err *err)
{
	struct db *db = people_db(p);
	if (db_do(db, err, "DELETE FROM tags WHERE NOT EXISTS"
		  " (SELECT 1 FROM tagged WHERE tagged.tag = tags.tag)", "") < 0)
		return -1;
	return db_do(db, err, "DELETE FROM tag_messages WHERE NOT EXISTS"
		     " (SELECT 1 FROM tagged WHERE tagged.message = tag_messages.message)", "");
}

static int take(struct people *p, struct tag_change *c, struct err *err)
{
	struct db *db = people_db(p);
	struct str name = c->name;
	if (db_do(db, err, "UPDATE tags SET serial = serial + 1 WHERE name = ?1", "s", name) < 0 ||
	    db_do(db, err, "DELETE FROM tagged WHERE tag = (SELECT tag FROM tags WHERE name = ?1)"
		  " AND message IN (SELECT m.message FROM temp.picked p JOIN tag_messages m"
		  " ON m.hash = p.hash)", "s", name) < 0)
		return -1;
	c->changed = (uint64_t)db_changes(db);
	return c->changed ? sweep(p, err) : 1;
}

static int apply(struct people *p, struct tag_change *list, size_t n, struct str who,
		 struct err *err)
{
	if (people_begin(p, err) < 0)
		return -1;
	int r = 1;
	for (size_t i = 0; i < n && r == 1; i++)
		r = list[i].off ? take(p, &list[i], err) : put(p, &list[i], who, err);
	return people_end(p, r, err);
}

int tag_apply(struct people *p, struct tag_change *list, size_t n, struct str who,
	      struct err *err)
{
	struct err late;
	uint64_t picked;
	for (size_t i = 0; i < n; i++) {
		list[i].changed = 0;
		if (!list[i].off && tag_check_name(list[i].name, err) < 0)
			return -1;
	}
	int r = number_of(p, "SELECT count(*) FROM temp.picked", &picked, err);
	if (r == 1 && picked > 0)
		r = apply(p, list, n, who, err);
	for (size_t i = 0; i < n && r < 0; i++)
		list[i].changed = 0;
	tag_pick_none(p, &late);
	return r;
}

int tag_drop(struct people *p, struct str name, uint64_t *changed, struct err *err)
{
	struct arena a = {0};
	struct tag t;
	*changed = 0;
	if (people_begin(p, err) < 0)
		return -1;
	int r = tag_find(p, &a, name, &t, err);
	if (r == 1)
		r = db_do(people_db(p), err, "DELETE FROM tagged WHERE tag = ?1", "i", t.id);
	if (r == 1)
		*changed = (uint64_t)db_changes(people_db(p));
	if (r == 1)
		r = sweep(p, err);
	arena_free(&a);
	return people_end(p, r, err);
}

/* ---- reading ---- */

static struct tag read_row(sqlite3_stmt *st, struct arena *a)
{
	return (struct tag){.id = sqlite3_column_int64(st, 0),
			    .serial = sqlite3_column_int64(st, 1),
			    .name = arena_str(a, db_str(st, 2)), .by = arena_str(a, db_str(st, 3)),
			    .at = sqlite3_column_int64(st, 4)};
}

int tag_list(struct people *p, struct arena *a, const struct tag **out, size_t *n_out,
	     struct err *err)
{
	struct tag *list = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(people_db(p), err, &st, "SELECT tag, serial, name, by, at FROM tags"
		       " ORDER BY name", "");
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = read_row(st, a);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

int tag_find(struct people *p, struct arena *a, struct str name, struct tag *out,
	     struct err *err)
{
	sqlite3_stmt *st;
	*out = (struct tag){0};
	int r = db_one(people_db(p), err, &st, "SELECT tag, serial, name, by, at FROM tags"
		       " WHERE name = ?1", "s", name);
	if (r == 1) {
		*out = read_row(st, a);
		db_done(st);
	}
	return r;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return a < b ? -1 : a > b;
}

/* The number of a message in this archive: the one noted, where its hash is the same, else by
 * the hash. 1; 0 it is not there; -1. */
static int look_up(struct archive *ar, uint64_t noted, struct str hash, uint64_t *out,
		   struct err *err)
{
	struct archive_msg m;
	char hex[HASH_HEX + 1];
	*out = noted;
	if (hash.n != HASH_BYTES)
		return 0;
	int r = archive_find(ar, noted, &m, err);
	if (r < 0 || (r == 1 && memcmp(m.hash, hash.p, HASH_BYTES) == 0))
		return r;
	hash_hex((const unsigned char *)hash.p, HASH_BYTES, hex);
	r = archive_find_id(ar, str_of(hex), &m, err);
	if (r == 1)
		*out = m.number;
	return r < 0 && err->kind == ERR_GONE ? 0 : r;
}

/* Sorts a list, and takes out what is there twice. */
static void put_in_order(struct tag_numbers *t)
{
	size_t once = 0;
	if (t->n > 1)
		qsort(t->list, t->n, sizeof *t->list, by_number);
	for (size_t i = 0; i < t->n; i++)
		if (once == 0 || t->list[once - 1] != t->list[i])
			t->list[once++] = t->list[i];
	t->n = once;
}

static void add(struct tag_numbers *t, struct arena *a, uint64_t number)
{
	t->list = arena_grow(a, t->list, t->n, sizeof *t->list);
	t->list[t->n++] = (uint32_t)number;
}

static int numbers_of_one(struct people *p, struct archive *ar, struct tag_numbers *t,
			  struct arena *a, struct err *err)
{
	uint64_t number = 0;
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT m.number, m.hash FROM tagged t"
		       " JOIN tag_messages m ON m.message = t.message WHERE t.tag = ?1", "i",
		       t->tag);
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		int there = look_up(ar, (uint64_t)sqlite3_column_int64(st, 0), db_str(st, 1),
				    &number, err);
		if (there < 0) {
			db_done(st);
			return -1;
		}
		if (there)
			add(t, a, number);
	}
	return r < 0 ? -1 : 1;
}

static int by_tag(const void *x, const void *y)
{
	int64_t a = (*(struct tag_numbers *const *)x)->tag;
	int64_t b = (*(struct tag_numbers *const *)y)->tag;
	return a < b ? -1 : a > b;
}

/* Each message is looked up once, whatever the number of its tags. */
static int numbers_of_many(struct people *p, struct archive *ar, struct tag_numbers **sorted,
			   size_t n, struct arena *a, struct err *err)
{
	int64_t message = -1;
	uint64_t number = 0;
	sqlite3_stmt *st;
	int there = 0;
	int r = db_one(people_db(p), err, &st, "SELECT m.message, m.number, m.hash, t.tag"
		       " FROM tag_messages m JOIN tagged t ON t.message = m.message"
		       " ORDER BY m.message", "");
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		struct tag_numbers wanted = {.tag = sqlite3_column_int64(st, 3)};
		struct tag_numbers *key = &wanted, **found;
		if (sqlite3_column_int64(st, 0) != message) {
			message = sqlite3_column_int64(st, 0);
			there = look_up(ar, (uint64_t)sqlite3_column_int64(st, 1), db_str(st, 2),
					&number, err);
		}
		if (there < 0) {
			db_done(st);
			return -1;
		}
		found = there ? bsearch(&key, sorted, n, sizeof *sorted, by_tag) : NULL;
		if (found)
			add(*found, a, number);
	}
	return r < 0 ? -1 : 1;
}

/* Of more tags than these all that is tagged is read once, whatever its tag. */
enum { FEW = 8 };

static int numbers(struct people *p, struct archive *ar, struct tag_numbers *list, size_t n,
		   struct arena *a, struct err *err)
{
	struct tag_numbers **sorted = arena_alloc(a, n * sizeof *sorted + 1);
	int r = 1;
	for (size_t i = 0; i < n; i++) {
		list[i] = (struct tag_numbers){.tag = list[i].tag};
		sorted[i] = &list[i];
		if (n <= FEW && r > 0)
			r = numbers_of_one(p, ar, &list[i], a, err);
	}
	if (n > FEW) {
		qsort(sorted, n, sizeof *sorted, by_tag);
		r = numbers_of_many(p, ar, sorted, n, a, err);
	}
	for (size_t i = 0; i < n; i++)
		put_in_order(&list[i]);
	return r;
}

/* In one look at the catalog: to begin one for each message takes longer than the messages. */
int tag_numbers(struct people *p, struct archive *ar, struct tag_numbers *list, size_t n,
		struct arena *a, struct err *err)
{
	struct err late;
	if (db_exec(archive_db(ar), "SAVEPOINT tags", err) < 0)
		return -1;
	int r = numbers(p, ar, list, n, a, err);
	int done = db_exec(archive_db(ar), "RELEASE tags", &late);
	if (r > 0 && done < 0)
		*err = late;
	return done < 0 ? -1 : r;
}

int tag_of(struct people *p, struct arena *a, const unsigned char hash[HASH_BYTES],
	   struct tag_names *out, struct err *err)
{
	struct str *list = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(people_db(p), err, &st, "SELECT tags.name FROM tag_messages m"
		       " JOIN tagged t ON t.message = m.message JOIN tags ON tags.tag = t.tag"
		       " WHERE m.hash = ?1 ORDER BY tags.name", "b",
		       (struct str){(const char *)hash, HASH_BYTES});
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = arena_str(a, db_str(st, 0));
	}
	*out = (struct tag_names){list, n};
	return r < 0 ? -1 : 1;
}

int tag_sums(struct people *p, struct tag_sums *out, struct err *err)
{
	*out = (struct tag_sums){0};
	if (number_of(p, "SELECT count(*) FROM tags", &out->tags, err) < 0)
		return -1;
	return number_of(p, "SELECT count(*) FROM tag_messages", &out->messages, err);
}

/* ---- what was destroyed ---- */

/* Messages whose number has no hash any more in the archive. */
static int gather_destroyed(struct people *p, struct archive *ar, struct arena *a, int64_t **out,
			    size_t *n_out, struct err *err)
{
	struct archive_msg m;
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT message, number FROM tag_messages", "");
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		int there = archive_find(ar, (uint64_t)sqlite3_column_int64(st, 1), &m, err);
		if (there < 0) {
			db_done(st);
			return -1;
		}
		if (there == 0 || !m.destroyed)
			continue;
		*out = arena_grow(a, *out, *n_out, sizeof **out);
		(*out)[(*n_out)++] = sqlite3_column_int64(st, 0);
	}
	return r < 0 ? -1 : 1;
}

static int forget(struct people *p, const int64_t *list, size_t n, struct err *err)
{
	struct db *db = people_db(p);
	for (size_t i = 0; i < n; i++)
		if (db_do(db, err, "DELETE FROM tagged WHERE message = ?1", "i", list[i]) < 0 ||
		    db_do(db, err, "DELETE FROM tag_messages WHERE message = ?1", "i",
			  list[i]) < 0)
			return -1;
	if (db_do(db, err, "UPDATE tags SET serial = serial + 1", "") < 0)
		return -1;
	return sweep(p, err);
}

int tag_forget_destroyed(struct people *p, struct archive *ar, struct err *err)
{
	struct arena a = {0};
	int64_t *list = NULL;
	size_t n = 0;
	int r = gather_destroyed(p, ar, &a, &list, &n, err);
	if (r == 1 && n > 0) {
		/* The bytes of deleted rows must not stay in the file, nor in its log. */
		r = db_exec(people_db(p), "PRAGMA secure_delete=ON", err);
		if (r == 1)
			r = people_begin(p, err);
		if (r == 1)
			r = people_end(p, forget(p, list, n, err), err);
		if (r == 1)
			r = db_exec(people_db(p), "PRAGMA wal_checkpoint(TRUNCATE)", err);
	}
	arena_free(&a);
	return r;
}
