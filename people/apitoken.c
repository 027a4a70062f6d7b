#include "apitoken.h"

#include <stdio.h>
#include <time.h>

#include "person.h"

const char apitoken_schema[] =
	"CREATE TABLE IF NOT EXISTS tokens(token INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
	" user NOT NULL REFERENCES users(name) ON DELETE CASCADE, note NOT NULL,"
	" scope INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL);";

static const struct {
	const char *name;
	unsigned right;
} scopes[] = {
	{"read", PERSON_READ}, {"tag", PERSON_TAG}, {"export", PERSON_EXPORT},
	{"audit", PERSON_AUDIT}, {"admin", PERSON_ADMIN},
};
enum { SCOPES = sizeof scopes / sizeof *scopes };

int apitoken_scope(struct str text, unsigned *out, struct err *err)
{
	struct str word;
	*out = 0;
	while (str_split(&text, ',', &word)) {
		unsigned right = 0;
		word = str_trim(word);
		for (int i = 0; i < SCOPES; i++)
			if (str_eq(word, str_of(scopes[i].name)))
				right = scopes[i].right;
		if (right == 0)
			return err_set(err, ERR_INPUT, "no scope '%.*s' (read, tag, export, audit,"
				       " admin)", STR_ARG(str_cut(word, 0, 40)));
		*out |= right;
	}
	return *out ? 1 : err_set(err, ERR_INPUT, "a token needs a scope");
}

struct str apitoken_scope_text(struct arena *a, unsigned scope)
{
	struct str s = STR("");
	for (int i = 0; i < SCOPES; i++)
		if (scope & scopes[i].right)
			s = arena_fmt(a, "%.*s%s%s", STR_ARG(s), s.n ? "," : "", scopes[i].name);
	return s;
}

static int user_is(struct people *p, struct str name, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT 1 FROM users WHERE name=?1", "s", name);
	if (r > 0)
		db_done(st);
	return r;
}

int apitoken_add(struct people *p, struct apitoken *t, char secret[APITOKEN_SIZE],
		 struct err *err)
{
	char random[NONCE_HEX + 1];
	unsigned char hash[HASH_BYTES];
	struct db *db = people_db(p);
	int r = user_is(p, t->user, err);
	if (r <= 0 || nonce_make(random, err) < 0)
		return r > 0 ? -1 : r;
	snprintf(secret, APITOKEN_SIZE, "sheaf_%s", random);
	hash_of(str_of(secret), hash);
	t->created = (int64_t)time(NULL);
	if (db_do(db, err, "INSERT INTO tokens(hash, user, note, scope, created, expires)"
		  " VALUES(?1,?2,?3,?4,?5,?6)", "bssiii", (struct str){(char *)hash, HASH_BYTES},
		  t->user, t->note, (int64_t)t->scope, t->created, t->expires) < 0)
		return -1;
	sqlite3_stmt *st;
	r = db_one(db, err, &st, "SELECT last_insert_rowid()", "");
	if (r > 0) {
		t->id = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return r;
}

#define COLUMNS "token, user, note, scope, created, expires"

static void read_row(sqlite3_stmt *st, struct arena *a, struct apitoken *t)
{
	*t = (struct apitoken){
		.id = sqlite3_column_int64(st, 0), .user = arena_str(a, db_str(st, 1)),
		.note = arena_str(a, db_str(st, 2)),
		.scope = (unsigned)sqlite3_column_int64(st, 3),
		.created = sqlite3_column_int64(st, 4), .expires = sqlite3_column_int64(st, 5)};
}

int apitoken_find(struct people *p, struct arena *a, struct str secret, int64_t now,
		  struct apitoken *out, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	sqlite3_stmt *st;
	hash_of(secret, hash);
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM tokens WHERE hash=?1"
		       " AND (expires=0 OR expires>?2)", "bi",
		       (struct str){(char *)hash, HASH_BYTES}, now);
	if (r > 0) {
		read_row(st, a, out);
		db_done(st);
	}
	return r;
}

int apitoken_list(struct people *p, struct arena *a, struct str user,
		  const struct apitoken **out, size_t *n_out, struct err *err)
{
	struct apitoken *list = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM tokens"
		       " WHERE ?1='' OR user=?1 ORDER BY token", "s", user);
	for (; r > 0; r = db_step(people_db(p), st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		read_row(st, a, &list[n++]);
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

int apitoken_remove(struct people *p, int64_t id, struct err *err)
{
	if (db_do(people_db(p), err, "DELETE FROM tokens WHERE token=?1", "i", id) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}
