#include "ledger.h"

#include "copies.h"
#include "db.h"

#include <stdlib.h>

/* Is copy c its message's first? Most messages have one copy; the index tells that alone. */
#define IS_FIRST                                                                            \
	"NOT EXISTS(SELECT 1 FROM copies d WHERE d.message = c.message"                     \
	" AND (d.epoch, d.uid) <> (c.epoch, c.uid)"                                         \
	" AND (d.run, d.first_seen, d.epoch, d.uid) < (c.run, c.first_seen, c.epoch, c.uid))"
/* After the first failure an hour, after the second a day, then a week. */
#define NEXT_TRY                                                                            \
	"CASE WHEN outcome <> 0 THEN NULL ELSE last_seen +"                                 \
	" CASE WHEN tries <= 1 THEN 3600 WHEN tries = 2 THEN 86400 ELSE 604800 END END"

enum row { ROW_COPY, ROW_OUTCOME, ROWS };

struct ledger {
	struct db *db;
	struct arena arena;
	struct ledger_filter filter;
	const struct archive_epoch *epochs, *epoch; /* epoch: the one being read */
	size_t n, at;                               /* epochs[at..] are still to come */
	sqlite3_stmt *st[ROWS];                     /* both ordered by UID */
	bool has[ROWS];                             /* a row of it waits */
	int given;                                  /* the row that was given out last, or ROWS */
};

static const char *const queries[ROWS] = {
	[ROW_COPY] = "SELECT c.uid, c.message, m.hash, c.first_seen, c.last_seen, c.vanished, "
		IS_FIRST ", m.disposal, c.basis FROM copies c"
		" CROSS JOIN messages m ON m.number = c.message"
		" WHERE c.epoch = ?1 AND c.uid >= ?2 ORDER BY c.uid, c.message",
	[ROW_OUTCOME] = "SELECT uid, outcome, reason, tries, first_seen, last_seen, " NEXT_TRY
		" FROM outcomes WHERE epoch = ?1 AND uid >= ?2 ORDER BY uid",
};

/* Can a row of that kind pass the filter at all? */
static bool is_asked(const struct ledger_filter *f, enum row row)
{
	unsigned copies = 1u << LEDGER_STORED | 1u << LEDGER_DUPLICATE;
	if (row == ROW_OUTCOME && f->vanished)
		return false;
	return f->outcomes == 0 || (f->outcomes & (row == ROW_COPY ? copies : ~copies));
}

/* The epochs to go through: one that is asked for needs no list of all. */
static int load_epochs(struct ledger *l, struct archive *ar, struct err *err)
{
	if (l->filter.epoch == 0)
		return archive_epochs(ar, &l->arena, &l->epochs, &l->n, err);
	struct archive_epoch *one = arena_alloc(&l->arena, sizeof *one);
	int r = copies_epoch_find(l->db, &l->arena, l->filter.epoch, one, err);
	l->epochs = one;
	l->n = r == 1;
	return r < 0 ? -1 : 1;
}

/* Drops the epochs before the one to begin with. */
static void skip_epochs(struct ledger *l)
{
	size_t i = 0;
	while (i < l->n && l->epochs[i].id != l->filter.from_epoch)
		i++;
	l->at = l->filter.from_epoch ? i : 0;
}

int ledger_open(struct ledger **out, struct archive *ar, const struct ledger_filter *f,
		struct err *err)
{
	struct ledger *l = err_alloc(sizeof *l);
	l->db = archive_db(ar);
	l->filter = *f;
	l->filter.account = arena_str(&l->arena, f->account);
	l->filter.mailbox = arena_str(&l->arena, f->mailbox);
	l->given = ROWS;
	int r = load_epochs(l, ar, err);
	for (int i = 0; i < ROWS && r == 1; i++)
		if (is_asked(f, (enum row)i) &&
		    (l->st[i] = db_prepare(l->db, queries[i], err)) == NULL)
			r = -1;
	if (r < 0) {
		ledger_close(&l);
		return -1;
	}
	skip_epochs(l);
	*out = l;
	return 1;
}

void ledger_close(struct ledger **l)
{
	if (*l == NULL)
		return;
	for (int i = 0; i < ROWS; i++)
		sqlite3_finalize((*l)->st[i]);
	arena_free(&(*l)->arena);
	free(*l);
	*l = NULL;
}

static int step(struct ledger *l, int i, struct err *err)
{
	int r = db_step(l->db, l->st[i], err);
	l->has[i] = r == 1;
	return r;
}

static bool is_wanted(const struct ledger_filter *f, const struct archive_epoch *e)
{
	return (f->account.n == 0 || str_glob(f->account, e->account)) &&
	       (f->mailbox.n == 0 || str_glob(f->mailbox, e->mailbox));
}

/* 1; 0 there is none; -1. */
static int next_epoch(struct ledger *l, struct err *err)
{
	while (l->at < l->n && !is_wanted(&l->filter, &l->epochs[l->at]))
		l->at++;
	if (l->at == l->n)
		return 0;
	l->epoch = &l->epochs[l->at++];
	int64_t from = l->epoch->id == l->filter.from_epoch ? l->filter.from_uid : 0;
	for (int i = 0; i < ROWS; i++) {
		if (l->st[i] == NULL)
			continue;
		sqlite3_bind_int64(l->st[i], 1, l->epoch->id);
		sqlite3_bind_int64(l->st[i], 2, from);
		if (step(l, i, err) < 0)
			return -1;
	}
	return 1;
}

static int take_copy(sqlite3_stmt *st, struct ledger_entry *out, struct err *err)
{
	struct str hash = db_str(st, 2);
	out->destroyed = sqlite3_column_type(st, 2) == SQLITE_NULL;
	if (hash.n != HASH_BYTES && !out->destroyed)
		return err_set(err, ERR_BROKEN, "catalog holds a bad hash");
	if (!out->destroyed)
		memcpy(out->hash, hash.p, HASH_BYTES);
	out->disposal = sqlite3_column_int64(st, 7);
	out->message = (uint64_t)sqlite3_column_int64(st, 1);
	out->first_seen = sqlite3_column_int64(st, 3);
	out->last_seen = sqlite3_column_int64(st, 4);
	out->vanished = sqlite3_column_int64(st, 5);
	out->outcome = sqlite3_column_int(st, 6) ? LEDGER_STORED : LEDGER_DUPLICATE;
	out->basis = db_str(st, 8);
	return 1;
}

static int take_outcome(sqlite3_stmt *st, struct ledger_entry *out, struct err *err)
{
	static const enum ledger_outcome name[] = {
		[ARCHIVE_FAILED] = LEDGER_FAILED,
		[ARCHIVE_REFUSED] = LEDGER_REFUSED,
		[ARCHIVE_GONE] = LEDGER_GONE,
	};
	int64_t outcome = sqlite3_column_int64(st, 1);
	if (outcome < ARCHIVE_FAILED || outcome > ARCHIVE_GONE)
		return err_set(err, ERR_BROKEN, "catalog holds an unknown outcome");
	out->outcome = name[outcome];
	out->reason = db_str(st, 2);
	out->tries = (uint64_t)sqlite3_column_int64(st, 3);
	out->first_seen = sqlite3_column_int64(st, 4);
	out->last_seen = sqlite3_column_int64(st, 5);
	out->next_try = sqlite3_column_int64(st, 6);
	return 1;
}

/* The row that comes next of those that wait: by UID, copies first. */
static int pick(const struct ledger *l)
{
	if (!l->has[ROW_COPY] || !l->has[ROW_OUTCOME])
		return l->has[ROW_COPY] ? ROW_COPY : l->has[ROW_OUTCOME] ? ROW_OUTCOME : ROWS;
	return sqlite3_column_int64(l->st[ROW_COPY], 0) <=
			       sqlite3_column_int64(l->st[ROW_OUTCOME], 0)
		       ? ROW_COPY
		       : ROW_OUTCOME;
}

static bool passes(const struct ledger_filter *f, const struct ledger_entry *e)
{
	return (f->outcomes == 0 || (f->outcomes >> e->outcome & 1)) &&
	       (!f->vanished || e->vanished);
}

int ledger_next(struct ledger *l, struct ledger_entry *out, struct err *err)
{
	for (;;) {
		int r = l->given < ROWS ? step(l, l->given, err) : 1;
		if (r < 0)
			return -1;
		l->given = pick(l);
		if (l->given == ROWS) {
			r = next_epoch(l, err);
			if (r < 1)
				return r;
			continue;
		}
		sqlite3_stmt *st = l->st[l->given];
		*out = (struct ledger_entry){
			.epoch = l->epoch, .uid = (uint32_t)sqlite3_column_int64(st, 0)};
		r = l->given == ROW_COPY ? take_copy(st, out, err) : take_outcome(st, out, err);
		if (r < 0 || passes(&l->filter, out))
			return r;
	}
}

/* A row of UIDs. */
struct uids {
	uint32_t *p;
	size_t n;
};

int ledger_failed(struct archive *ar, struct arena *a, int64_t epoch,
		  const struct ledger_retry **out, size_t *n_out, struct err *err)
{
	struct db *db = archive_db(ar);
	struct ledger_retry *list = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(db, err, &st,
		       "SELECT uid, last_seen, " NEXT_TRY " FROM outcomes"
		       " WHERE epoch = ?1 AND outcome = 0 ORDER BY uid", "i", epoch);
	for (; r == 1; r = db_step(db, st, err)) {
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = (struct ledger_retry){
			.uid = (uint32_t)sqlite3_column_int64(st, 0),
			.last_try = sqlite3_column_int64(st, 1),
			.next_try = sqlite3_column_int64(st, 2),
		};
	}
	*out = list;
	*n_out = n;
	return r < 0 ? -1 : 1;
}

/* The UIDs of an epoch with that outcome, ascending, in the arena. 1 or -1. */
static int with_outcome(struct archive *ar, struct arena *a, int64_t epoch,
			enum archive_outcome outcome, struct uids *out, struct err *err)
{
	struct db *db = archive_db(ar);
	sqlite3_stmt *st;
	*out = (struct uids){0};
	int r = db_one(db, err, &st,
		       "SELECT uid FROM outcomes WHERE epoch = ?1 AND outcome = ?2 ORDER BY uid",
		       "ii", epoch, (int64_t)outcome);
	for (; r == 1; r = db_step(db, st, err)) {
		out->p = arena_grow(a, out->p, out->n, sizeof *out->p);
		out->p[out->n++] = (uint32_t)sqlite3_column_int64(st, 0);
	}
	return r < 0 ? -1 : 1;
}

int ledger_refused(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		   size_t *n_out, struct err *err)
{
	struct uids u;
	int r = with_outcome(ar, a, epoch, ARCHIVE_REFUSED, &u, err);
	*out = u.p;
	*n_out = u.n;
	return r;
}

int ledger_gone(struct archive *ar, struct arena *a, int64_t epoch, const uint32_t **out,
		size_t *n_out, struct err *err)
{
	struct uids u;
	int r = with_outcome(ar, a, epoch, ARCHIVE_GONE, &u, err);
	*out = u.p;
	*n_out = u.n;
	return r;
}

bool ledger_due(const struct ledger_retry *r, int64_t now)
{
	return now >= r->next_try || now < r->last_try;
}

int ledger_count(struct archive *ar, int64_t epoch, struct ledger_sums *out, struct err *err)
{
	struct db *db = archive_db(ar);
	sqlite3_stmt *st;
	*out = (struct ledger_sums){0};
	if (db_one(db, err, &st,
		   "SELECT count(*), count(*) FILTER (WHERE " IS_FIRST "),"
		   " count(*) FILTER (WHERE c.vanished <> 0) FROM copies c WHERE c.epoch = ?1",
		   "i", epoch) < 1)
		return -1;
	out->stored = (uint64_t)sqlite3_column_int64(st, 1);
	out->duplicates = (uint64_t)sqlite3_column_int64(st, 0) - out->stored;
	out->vanished = (uint64_t)sqlite3_column_int64(st, 2);
	db_done(st);
	if (db_one(db, err, &st,
		   "SELECT count(*) FILTER (WHERE outcome = 0),"
		   " count(*) FILTER (WHERE outcome = 1), count(*) FILTER (WHERE outcome = 2),"
		   " min(" NEXT_TRY ") FROM outcomes WHERE epoch = ?1", "i", epoch) < 1)
		return -1;
	out->failed = (uint64_t)sqlite3_column_int64(st, 0);
	out->refused = (uint64_t)sqlite3_column_int64(st, 1);
	out->gone = (uint64_t)sqlite3_column_int64(st, 2);
	out->next_try = sqlite3_column_int64(st, 3);
	db_done(st);
	return 1;
}
