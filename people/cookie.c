#include "cookie.h"

const char cookie_schema[] =
	"CREATE TABLE IF NOT EXISTS cookies(cookie INTEGER PRIMARY KEY,"
	" hash BLOB NOT NULL UNIQUE, user NOT NULL REFERENCES users(name) ON DELETE CASCADE,"
	" peer NOT NULL, made INTEGER NOT NULL, seen INTEGER NOT NULL);";

static void digest(const char *what, struct str secret, unsigned char out[HASH_BYTES])
{
	struct hash_ctx *h = hash_new();
	hash_add(h, what, strlen(what));
	hash_add(h, secret.p, secret.n);
	hash_end(h, out);
	hash_free(&h);
}

static struct str csrf(struct arena *a, struct str secret)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	digest("csrf ", secret, hash);
	hash_hex(hash, HASH_BYTES, hex);
	return arena_str(a, str_of(hex));
}

int cookie_make(struct people *p, const struct cookie *c, char secret[NONCE_HEX + 1],
		struct err *err)
{
	unsigned char hash[HASH_BYTES];
	if (nonce_make(secret, err) < 0)
		return -1;
	digest("session ", str_of(secret), hash);
	/* Those that have ended go at this occasion. */
	if (db_do(people_db(p), err, "DELETE FROM cookies WHERE seen<?1 OR made<?2", "ii",
		  c->made - COOKIE_IDLE, c->made - COOKIE_AGE) < 0)
		return -1;
	return db_do(people_db(p), err, "INSERT INTO cookies(hash, user, peer, made, seen)"
		     " VALUES(?1,?2,?3,?4,?4)", "bssi", (struct str){(char *)hash, HASH_BYTES},
		     c->user, c->peer, c->made);
}

static void read_row(sqlite3_stmt *st, struct arena *a, struct cookie *c)
{
	*c = (struct cookie){.id = sqlite3_column_int64(st, 0),
			     .user = arena_str(a, db_str(st, 1)),
			     .peer = arena_str(a, db_str(st, 2)),
			     .made = sqlite3_column_int64(st, 3),
			     .seen = sqlite3_column_int64(st, 4)};
}

int cookie_find(struct people *p, struct arena *a, struct str secret, int64_t now,
		struct cookie *out, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	sqlite3_stmt *st;
	digest("session ", secret, hash);
	int r = db_one(people_db(p), err, &st, "SELECT cookie, user, peer, made, seen FROM"
		       " cookies WHERE hash=?1 AND seen>=?2 AND made>=?3", "bii",
		       (struct str){(char *)hash, HASH_BYTES}, now - COOKIE_IDLE,
		       now - COOKIE_AGE);
	if (r <= 0)
		return r;
	read_row(st, a, out);
	db_done(st);
	out->csrf = csrf(a, secret);
	if (out->seen + COOKIE_TOUCH > now)
		return 1;
	/* Somebody who writes for long must not keep anybody out. */
	struct err later = {0};
	if (db_do(people_db(p), &later, "UPDATE cookies SET seen=?2 WHERE cookie=?1", "ii",
		  out->id, now) < 0 && later.kind != ERR_LATER) {
		*err = later;
		return -1;
	}
	return 1;
}

int cookie_list(struct people *p, struct arena *a, struct str user, int64_t now,
		struct cookie_list *out, struct err *err)
{
	struct cookie *list = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT cookie, user, peer, made, seen FROM"
		       " cookies WHERE user=?1 AND seen>=?2 AND made>=?3 ORDER BY seen DESC",
		       "sii", user, now - COOKIE_IDLE, now - COOKIE_AGE);
	for (; r > 0; r = db_step(people_db(p), st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		read_row(st, a, &list[n++]);
	}
	*out = (struct cookie_list){list, n};
	return r < 0 ? -1 : 1;
}

int cookie_end(struct people *p, struct str user, int64_t id, struct err *err)
{
	if (db_do(people_db(p), err, "DELETE FROM cookies WHERE cookie=?1 AND user=?2", "is", id,
		  user) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}
