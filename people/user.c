#include "user.h"

#include <time.h>

const char user_schema[] =
	"CREATE TABLE IF NOT EXISTS users(name PRIMARY KEY, role NOT NULL,"
	" password NOT NULL DEFAULT '', totp NOT NULL DEFAULT '',"
	" totp_step INTEGER NOT NULL DEFAULT 0, subject NOT NULL DEFAULT '',"
	" created INTEGER NOT NULL);"
	"CREATE UNIQUE INDEX IF NOT EXISTS users_subject ON users(subject) WHERE subject<>'';"
	"CREATE TABLE IF NOT EXISTS user_accounts(user NOT NULL REFERENCES users(name)"
	" ON DELETE CASCADE, pattern NOT NULL, PRIMARY KEY(user, pattern)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS disabled(user PRIMARY KEY REFERENCES users(name)"
	" ON DELETE CASCADE) WITHOUT ROWID;";

/* What read_row reads. */
#define COLUMNS "name, role, password, totp, created, subject," \
		" EXISTS (SELECT 1 FROM disabled WHERE disabled.user=users.name)"

const char *const user_roles = "owner|administrator|investigator|reader";

static const struct {
	const char *role;
	unsigned rights;
	bool places; /* reads in the accounts given */
} roles[] = {
	{"owner", PERSON_OWNER, false},
	{"administrator", PERSON_AUDIT | PERSON_ADMIN, false},
	{"investigator", PERSON_READ | PERSON_TAG | PERSON_EXPORT, true},
	{"reader", PERSON_READ | PERSON_TAG, true},
};
enum { ROLES = sizeof roles / sizeof *roles };

static int role_of(struct str role)
{
	for (int i = 0; i < ROLES; i++)
		if (str_eq(role, str_of(roles[i].role)))
			return i;
	return -1;
}

unsigned user_rights(struct str role)
{
	int i = role_of(role);
	return i < 0 ? 0 : roles[i].rights;
}

bool user_reads_some(struct str role)
{
	int i = role_of(role);
	return i >= 0 && roles[i].places;
}

bool user_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c >= 0x80;
		if (!plain && (c == 0 || !strchr("._-@+", c)))
			return false;
	}
	return name.n > 0 && name.n <= USER_MAX_NAME && str_utf8(name);
}

int user_check(const struct user *u, struct err *err)
{
	int role = role_of(u->role);
	if (!user_name_ok(u->name))
		return err_set(err, ERR_INPUT, "a user's name is 1 to %d letters, digits or"
			       " ._-@+", USER_MAX_NAME);
	if (role < 0)
		return err_set(err, ERR_INPUT, "no role '%.*s' (%s)",
			       STR_ARG(str_cut(u->role, 0, 40)), user_roles);
	if (roles[role].places && u->n_accounts == 0)
		return err_set(err, ERR_INPUT, "in which accounts may '%.*s' read?",
			       STR_ARG(u->name));
	if (!roles[role].places && u->n_accounts > 0)
		return err_set(err, ERR_INPUT, "the role %s is not for some accounts",
			       roles[role].role);
	if (u->n_accounts > USER_MAX_ACCOUNTS)
		return err_set(err, ERR_INPUT, "more than %d accounts", USER_MAX_ACCOUNTS);
	return 1;
}

static int write_accounts(struct db *db, const struct user *u, struct err *err)
{
	int r = db_do(db, err, "DELETE FROM user_accounts WHERE user=?1", "s", u->name);
	for (size_t i = 0; r > 0 && i < u->n_accounts; i++)
		r = db_do(db, err, "INSERT OR IGNORE INTO user_accounts VALUES(?1,?2)", "ss",
			  u->name, u->accounts[i]);
	return r;
}

int user_add(struct people *p, const struct user *u, struct err *err)
{
	struct db *db = people_db(p);
	if (user_check(u, err) < 0 || people_begin(p, err) < 0)
		return -1;
	int r = db_do(db, err, "INSERT OR IGNORE INTO users(name, role, password, subject,"
		      " created) VALUES(?1,?2,?3,?4,?5)", "ssssi", u->name, u->role, u->password,
		      u->subject, (int64_t)time(NULL));
	if (r > 0 && db_changes(db) == 0)
		r = err_set(err, ERR_INPUT, "there is a user '%.*s' already", STR_ARG(u->name));
	if (r > 0)
		r = write_accounts(db, u, err);
	return people_end(p, r, err);
}

int user_set(struct people *p, const struct user *u, struct err *err)
{
	struct db *db = people_db(p);
	if (user_check(u, err) < 0 || people_begin(p, err) < 0)
		return -1;
	int r = db_do(db, err, "UPDATE users SET role=?2 WHERE name=?1", "ss", u->name, u->role);
	if (r > 0)
		r = db_changes(db) > 0;
	if (r > 0)
		r = write_accounts(db, u, err);
	return people_end(p, r, err);
}

int user_password(struct people *p, struct str name, struct str hash, struct err *err)
{
	struct db *db = people_db(p);
	if (people_begin(p, err) < 0)
		return -1;
	int r = db_do(db, err, "UPDATE users SET password=?2 WHERE name=?1", "ss", name, hash);
	if (r > 0)
		r = db_changes(db) > 0;
	if (r > 0)
		r = db_do(db, err, "DELETE FROM cookies WHERE user=?1", "s", name);
	return people_end(p, r, err);
}

int user_disable(struct people *p, struct str name, bool disabled, struct err *err)
{
	struct db *db = people_db(p);
	if (people_begin(p, err) < 0)
		return -1;
	int r = db_do(db, err, disabled ? "INSERT OR IGNORE INTO disabled SELECT name FROM users"
					  " WHERE name=?1"
					: "DELETE FROM disabled WHERE user=?1", "s", name);
	if (r > 0)
		r = db_do(db, err, "DELETE FROM cookies WHERE user=?1", "s", name);
	sqlite3_stmt *st;
	if (r > 0)
		r = db_one(db, err, &st, "SELECT 1 FROM users WHERE name=?1", "s", name);
	if (r > 0)
		db_done(st);
	return people_end(p, r, err);
}

int user_remove(struct people *p, struct str name, struct err *err)
{
	struct db *db = people_db(p);
	if (people_begin(p, err) < 0)
		return -1;
	int r = db_do(db, err, "DELETE FROM users WHERE name=?1", "s", name);
	if (r > 0)
		r = db_changes(db) > 0;
	if (r > 0)
		r = db_do(db, err, "DELETE FROM saved WHERE owner=?1 AND NOT shared", "s", name);
	/* No name has a blank: who gets this one later does not own what is left. */
	if (r > 0)
		r = db_do(db, err, "UPDATE OR REPLACE saved SET owner=owner||' (removed)'"
			  " WHERE owner=?1", "s", name);
	if (r > 0)
		r = db_do(db, err, "UPDATE jobs SET owner=owner||' (removed)' WHERE owner=?1",
			  "s", name);
	return people_end(p, r, err);
}

static int read_accounts(struct db *db, struct arena *a, struct user *u, struct err *err)
{
	struct str *list = NULL;
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT pattern FROM user_accounts WHERE user=?1"
		       " ORDER BY pattern", "s", u->name);
	for (; r > 0; r = db_step(db, st, err)) {
		list = arena_grow(a, list, u->n_accounts, sizeof *list);
		list[u->n_accounts++] = arena_str(a, db_str(st, 0));
	}
	u->accounts = list;
	return r < 0 ? -1 : 1;
}

static void read_row(sqlite3_stmt *st, struct arena *a, struct user *u)
{
	*u = (struct user){.name = arena_str(a, db_str(st, 0)),
			   .role = arena_str(a, db_str(st, 1)),
			   .password = arena_str(a, db_str(st, 2)),
			   .totp = arena_str(a, db_str(st, 3)),
			   .created = sqlite3_column_int64(st, 4),
			   .subject = arena_str(a, db_str(st, 5)),
			   .disabled = sqlite3_column_int64(st, 6) != 0};
}

int user_find(struct people *p, struct arena *a, struct str name, struct user *out,
	      struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM users WHERE name=?1",
		       "s", name);
	if (r <= 0)
		return r;
	read_row(st, a, out);
	db_done(st);
	return read_accounts(people_db(p), a, out, err);
}

int user_by_subject(struct people *p, struct arena *a, struct str subject, struct user *out,
		    struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT name FROM users WHERE subject=?1 AND"
		       " subject<>''", "s", subject);
	if (r <= 0)
		return r;
	struct str name = arena_str(a, db_str(st, 0));
	db_done(st);
	return user_find(p, a, name, out, err);
}

int user_bind(struct people *p, struct str name, struct str subject, struct err *err)
{
	if (db_do(people_db(p), err, "UPDATE users SET subject=?2 WHERE name=?1 AND subject='' AND"
		  " password=''", "ss", name, subject) < 0)
		return -1;
	return db_changes(people_db(p)) > 0;
}

int user_list(struct people *p, struct arena *a, const struct user **out, size_t *n_out,
	      struct err *err)
{
	struct user *list = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM users ORDER BY name",
		       "");
	for (; r > 0; r = db_step(people_db(p), st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		read_row(st, a, &list[n++]);
	}
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = read_accounts(people_db(p), a, &list[i], err);
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

int user_any(struct people *p, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT 1 FROM users LIMIT 1", "");
	if (r > 0)
		db_done(st);
	return r;
}

struct person user_person(const struct user *u)
{
	struct person p = {.name = u->name, .rights = user_rights(u->role),
			   .accounts = u->accounts, .n_accounts = u->n_accounts};
	if (u->disabled)
		return (struct person){.name = u->name};
	p.all_accounts = str_eq(u->role, STR("owner"));
	for (size_t i = 0; i < u->n_accounts; i++)
		p.all_accounts |= str_eq(u->accounts[i], STR("*"));
	return p;
}
