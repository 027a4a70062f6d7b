#include "uses.h"

#include "txn.h"

bool uses_is(struct str attribute)
{
	static const char *const all[] = {"\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk",
					  "\\Sent", "\\Trash", "\\Important"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_ieq(attribute, str_of(all[i])))
			return true;
	return false;
}

int uses_there(struct db *db, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT 1 FROM sqlite_schema WHERE name = 'uses'", "");
	if (r == 1)
		db_done(st);
	return r;
}

static int read_text(struct db *db, struct arena *a, struct str account, struct str *out,
		     struct err *err)
{
	sqlite3_stmt *st;
	int r = uses_there(db, err);
	*out = STR("");
	if (r == 1)
		r = db_one(db, err, &st, "SELECT uses FROM uses WHERE account = ?1", "s", account);
	if (r < 1)
		return r;
	*out = arena_str(a, db_str(st, 0));
	db_done(st);
	return 1;
}

int uses_write(struct db *db, struct str account, struct str text, struct err *err)
{
	int r = uses_there(db, err);
	if (r == 0)
		r = db_exec(db, "CREATE TABLE uses(account NOT NULL PRIMARY KEY, uses NOT NULL)"
				" WITHOUT ROWID", err);
	if (r < 0)
		return -1;
	return db_do(db, err, "INSERT OR REPLACE INTO uses VALUES(?1, ?2)", "ss", account, text);
}

int uses_put(struct archive *ar, struct str account, struct str text, struct err *err)
{
	struct txn *t = archive_txn(ar);
	struct arena a = {0};
	struct str was;
	if (text.n > USES_MOST)
		return err_set(err, ERR_INPUT, "too many mailboxes with a use");
	int r = read_text(t->db, &a, account, &was, err);
	bool same = r >= 0 && str_eq(was, text);
	arena_free(&a);
	if (r < 0 || same)
		return r < 0 ? -1 : 0;
	if (archive_change(ar, err) < 0)
		return -1;
	if (uses_write(t->db, account, text, err) < 0)
		return txn_give_up(t, err);
	txn_change(t);
	facts_uses(&t->facts, account, text);
	return txn_changed(t, err);
}

int uses_get(struct archive *ar, struct arena *a, struct str account, struct str *out,
	     struct err *err)
{
	return read_text(archive_db(ar), a, account, out, err) < 0 ? -1 : 1;
}
