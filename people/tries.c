#include "tries.h"

enum { DAY = 86400, LONGEST = 200 };

const char tries_schema[] =
	"CREATE TABLE IF NOT EXISTS tries(kind TEXT NOT NULL, name NOT NULL,"
	" failures INTEGER NOT NULL, last INTEGER NOT NULL,"
	" PRIMARY KEY(kind, name)) WITHOUT ROWID;";

/* Seconds after the nth failure. */
static int64_t pause(int64_t failures, int64_t free)
{
	int64_t wait = TRIES_FIRST;
	if (failures < free)
		return 0;
	for (int64_t i = free; i < failures && wait < TRIES_MOST; i++)
		wait *= 2;
	return wait < TRIES_MOST ? wait : TRIES_MOST;
}

static int left(struct people *p, struct str kind, struct str name, int64_t now, int64_t *out,
		struct err *err)
{
	sqlite3_stmt *st;
	*out = 0;
	int r = db_one(people_db(p), err, &st, "SELECT failures, last FROM tries WHERE kind=?1"
		       " AND name=?2 AND last>?3", "ssi", kind, str_cut(name, 0, LONGEST),
		       now - DAY);
	if (r <= 0)
		return r;
	int64_t free = str_eq(kind, STR("user")) ? TRIES_FREE : TRIES_FREE * TRIES_PEER;
	*out = sqlite3_column_int64(st, 1) + pause(sqlite3_column_int64(st, 0), free) - now;
	db_done(st);
	return 1;
}

int tries_may(struct people *p, struct str name, struct str peer, int64_t now, int64_t *wait,
	      struct err *err)
{
	int64_t by_name, by_peer;
	if (left(p, STR("user"), name, now, &by_name, err) < 0 ||
	    left(p, STR("peer"), peer, now, &by_peer, err) < 0)
		return -1;
	*wait = by_name > by_peer ? by_name : by_peer;
	return *wait <= 0;
}

static int add(struct people *p, struct str kind, struct str name, int64_t now, struct err *err)
{
	return db_do(people_db(p), err, "INSERT INTO tries VALUES(?1,?2,1,?3) ON CONFLICT DO"
		     " UPDATE SET failures=failures+1, last=?3", "ssi", kind,
		     str_cut(name, 0, LONGEST), now);
}

int tries_begin(struct people *p, struct str name, struct str peer, int64_t now, struct err *err)
{
	if (people_begin(p, err) < 0)
		return -1;
	int r = db_do(people_db(p), err, "DELETE FROM tries WHERE last<=?1", "i", now - DAY);
	if (r > 0)
		r = add(p, STR("user"), name, now, err);
	if (r > 0)
		r = add(p, STR("peer"), peer, now, err);
	return people_end(p, r, err);
}

int tries_worked(struct people *p, struct str name, struct str peer, struct err *err)
{
	if (db_do(people_db(p), err, "UPDATE tries SET failures=failures-1 WHERE kind='peer' AND"
		  " name=?1 AND failures>0", "s", str_cut(peer, 0, LONGEST)) < 0)
		return -1;
	return db_do(people_db(p), err, "DELETE FROM tries WHERE kind='user' AND name=?1", "s",
		     str_cut(name, 0, LONGEST));
}
