#include "tablediff.h"

#include "catalog.h"
#include "uses.h"

struct table {
	const char *name, *sql;
	int keys, columns; /* the first columns are the key */
	int later;         /* this column may be greater than it should; -1: none */
};

/* Their order is that of damage: what comes first explains what follows. */
static const struct table tables[] = {
	{"schema", "SELECT name, type, tbl_name, sql FROM sqlite_schema ORDER BY name", 1, 4, -1},
	{"state", "SELECT id, commits, change FROM state ORDER BY id", 1, 3, -1},
	{"segments", "SELECT segment, size FROM segments ORDER BY segment", 1, 2, -1},
	{"frames", "SELECT segment, start, end, raw FROM frames ORDER BY segment, start", 2, 4, -1},
	{"messages", "SELECT number, hash, size, rfc822_size, segment, frame, offset, leaf,"
		     " disposal FROM messages ORDER BY number", 1, 9, -1},
	{"disposals", "SELECT disposal, at, who, reason, query, messages, state, ended, ended_by"
		      " FROM disposals ORDER BY disposal", 1, 9, -1},
	{"runs", "SELECT run, started FROM runs ORDER BY run", 1, 2, -1},
	{"epochs", "SELECT epoch, account, mailbox, uidvalidity, uidnext, highestmodseq, run,"
		   " messages, listed, mailboxid FROM epochs ORDER BY epoch", 1, 10, -1},
	{"copies", "SELECT epoch, uid, message, internaldate, zone, day, flags, keywords, modseq,"
		   " run, first_seen, last_seen, vanished, source, found, emailid, threadid,"
		   " savedate, savezone, basis"
		   " FROM copies ORDER BY epoch, uid, message", 3, 20, 11},
	{"outcomes", "SELECT epoch, uid, outcome, reason, tries, first_seen, last_seen"
		     " FROM outcomes ORDER BY epoch, uid", 2, 7, -1},
};
/* Only where the segments tell of any. */
static const struct table uses = {"uses", "SELECT account, uses FROM uses ORDER BY account", 1, 2,
				  -1};

/* SQLite's own order of values: integers, then text, then blobs. */
static int compare(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
	int x = sqlite3_column_type(a, column), y = sqlite3_column_type(b, column);
	if (x != y)
		return x < y ? -1 : 1;
	if (x == SQLITE_INTEGER) {
		int64_t i = sqlite3_column_int64(a, column), j = sqlite3_column_int64(b, column);
		return i < j ? -1 : i > j;
	}
	return str_cmp(db_str(a, column), db_str(b, column));
}

static int compare_keys(const struct table *t, sqlite3_stmt *a, sqlite3_stmt *b)
{
	int r = 0;
	for (int i = 0; r == 0 && i < t->keys; i++)
		r = compare(a, b, i);
	return r;
}

/* "messages 17" */
static struct str row_name(struct arena *a, const struct table *t, sqlite3_stmt *st)
{
	struct str s = arena_fmt(a, "%s", t->name);
	for (int i = 0; i < t->keys; i++) {
		struct str v;
		if (sqlite3_column_type(st, i) == SQLITE_INTEGER)
			v = arena_fmt(a, "%lld", (long long)sqlite3_column_int64(st, i));
		else
			v = db_str(st, i);
		s = arena_fmt(a, "%.*s %.*s", STR_ARG(s), STR_ARG(v));
	}
	return s;
}

static uint64_t message_of(const struct table *t, sqlite3_stmt *st)
{
	if (str_eq(str_of(t->name), STR("messages")))
		return (uint64_t)sqlite3_column_int64(st, 0);
	if (str_eq(str_of(t->name), STR("copies")))
		return (uint64_t)sqlite3_column_int64(st, 2);
	return 0;
}

static void tell(struct findings *f, const struct table *t, sqlite3_stmt *st, const char *what,
		 const char *column)
{
	struct arena a = {0};
	struct str name = row_name(&a, t, st);
	findings_catalog(f, message_of(t, st), "catalog: row '%.*s' %s%s", STR_ARG(name), what,
			 column);
	arena_free(&a);
}

static void compare_rest(struct findings *f, const struct table *t, sqlite3_stmt *have,
			 sqlite3_stmt *want)
{
	for (int i = t->keys; i < t->columns; i++) {
		int r = compare(have, want, i);
		bool later = i == t->later && r > 0 &&
			     sqlite3_column_type(have, i) == SQLITE_INTEGER;
		if (r && !later)
			tell(f, t, have, "does not agree with the segments in ",
			     sqlite3_column_name(want, i));
	}
}

/* The next row of the catalog that is looked at: 1; 0, also when it is damaged. */
static int next_have(struct db *db, sqlite3_stmt *st, const struct table *t, struct findings *f)
{
	struct err err;
	int r = db_step(db, st, &err);
	if (r < 0)
		findings_catalog(f, 0, "table '%s': %s", t->name, err.text);
	return r > 0;
}

/* A schema may hold more than this version knows. */
static void surplus(struct findings *f, const struct table *t, sqlite3_stmt *have)
{
	if (t != tables)
		tell(f, t, have, "is not told by the segments", "");
}

static int compare_rows(struct db *hdb, sqlite3_stmt *have, struct db *wdb, sqlite3_stmt *want,
			const struct table *t, struct findings *f)
{
	struct err err;
	int h = next_have(hdb, have, t, f), w = db_step(wdb, want, &err);
	while (h > 0 || w > 0) {
		int r = h <= 0 ? 1 : w <= 0 ? -1 : compare_keys(t, have, want);
		if (r < 0)
			surplus(f, t, have);
		else if (r > 0)
			tell(f, t, want, "is missing", "");
		else
			compare_rest(f, t, have, want);
		if (r <= 0)
			h = next_have(hdb, have, t, f);
		if (r >= 0)
			w = db_step(wdb, want, &err);
	}
	return w;
}

static int compare_table(struct db *have, struct db *want, const struct table *t,
			 struct findings *f, struct err *err)
{
	struct err why;
	sqlite3_stmt *w = db_prepare(want, t->sql, err);
	if (w == NULL)
		return -1;
	sqlite3_stmt *h = db_prepare(have, t->sql, &why);
	if (h == NULL)
		findings_catalog(f, 0, "table '%s': %s", t->name, why.text);
	int r = h ? compare_rows(have, h, want, w, t, f) : 0;
	sqlite3_finalize(h);
	sqlite3_finalize(w);
	return r < 0 ? db_error(want, err) : 1;
}

/* Segments that tell of none leave no table, and what stands in one then is nobody's. */
static int compare_uses(struct db *have, struct db *want, struct findings *f, struct err *err)
{
	struct err why;
	int r = uses_there(want, err);
	if (r == 1)
		return compare_table(have, want, &uses, f, err);
	if (r == 0 && uses_there(have, &why) == 1)
		findings_catalog(f, 0, "table 'uses' is not told by the segments");
	return r < 0 ? -1 : 1;
}

int tablediff_run(struct db *have, struct db *want, struct findings *f, struct err *err)
{
	uint64_t before = f->count;
	struct db *fresh;
	if (catalog_build(&fresh, ":memory:", err) < 0)
		return -1;
	int r = compare_table(have, fresh, &tables[0], f, err);
	db_close(&fresh);
	for (size_t i = 1; r == 1 && i < sizeof tables / sizeof *tables; i++)
		r = compare_table(have, want, &tables[i], f, err);
	if (r == 1)
		r = compare_uses(have, want, f, err);
	return r < 0 ? -1 : f->count == before;
}
