#include "job.h"

#include <stdio.h>
#include <time.h>

const char job_schema[] =
	"CREATE TABLE IF NOT EXISTS jobs(job INTEGER PRIMARY KEY AUTOINCREMENT,"
	" owner TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',"
	" query TEXT NOT NULL, dialect TEXT NOT NULL, account TEXT NOT NULL,"
	" mailbox TEXT NOT NULL, format TEXT NOT NULL, accounts TEXT NOT NULL,"
	" asked INTEGER NOT NULL, started INTEGER NOT NULL DEFAULT 0,"
	" ended INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0,"
	" tries INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,"
	" messages INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
	" damaged INTEGER NOT NULL DEFAULT 0, inexact INTEGER NOT NULL DEFAULT 0,"
	" size INTEGER NOT NULL DEFAULT 0, sha256 TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX IF NOT EXISTS jobs_state ON jobs(state);"
	"CREATE TABLE IF NOT EXISTS job_tags(job INTEGER PRIMARY KEY, tag TEXT NOT NULL);";

#define COLUMNS "job, owner, state, reason, query, dialect, account, mailbox, format, accounts," \
		" asked, started, ended, expires, tries, total, messages, bytes, damaged," \
		" inexact, size, sha256"
#define OPEN "state IN ('waiting', 'running')"

/* ---- who ---- */

struct str job_accounts(struct arena *a, const struct person *who)
{
	struct str s = STR("");
	if (who->all_accounts)
		return STR("*\n");
	for (size_t i = 0; i < who->n_accounts; i++)
		s = arena_fmt(a, "%.*s%.*s\n", STR_ARG(s), STR_ARG(who->accounts[i]));
	return s;
}

/* Patterns are compared as they stand: one that only means less now is refused. */
bool job_may(const struct job *j, const struct person *who)
{
	struct str rest = j->accounts, line;
	if (who->all_accounts)
		return true;
	while (str_line(&rest, &line)) {
		size_t i = 0;
		while (i < who->n_accounts && !str_eq(who->accounts[i], line))
			i++;
		if (i == who->n_accounts)
			return false;
	}
	return true;
}

/* ---- rows ---- */

static int count(struct people *p, const char *sql, struct str owner, uint64_t *out,
		 struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, sql, "s", owner);
	*out = r == 1 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	if (r == 1)
		db_done(st);
	return r < 0 ? -1 : 1;
}

static int add(struct people *p, struct job *j, const struct job_limits *limits, struct err *err)
{
	uint64_t all, own, id;
	if (count(p, "SELECT count(*) FROM jobs WHERE " OPEN " AND ?1 = ?1", j->owner, &all,
		  err) < 0 ||
	    count(p, "SELECT count(*) FROM jobs WHERE " OPEN " AND owner = ?1", j->owner, &own,
		  err) < 0)
		return -1;
	if (all >= limits->waiting || own >= limits->own)
		return err_set(err, ERR_LATER, "%llu exports are waiting already",
			       (unsigned long long)(all >= limits->waiting ? all : own));
	if (db_do(people_db(p), err, "INSERT INTO jobs(owner, state, query, dialect, account,"
		  " mailbox, format, accounts, asked) VALUES(?1,'waiting',?2,?3,?4,?5,?6,?7,?8)",
		  "sssssssi", j->owner, j->query, j->dialect, j->account, j->mailbox, j->format,
		  j->accounts, j->asked) < 0 ||
	    count(p, "SELECT max(job) FROM jobs WHERE owner = ?1", j->owner, &id, err) < 0)
		return -1;
	j->id = (int64_t)id;
	return j->tag.n == 0 ? 1 : db_do(people_db(p), err, "INSERT INTO job_tags VALUES(?1,?2)",
					 "is", j->id, j->tag);
}

int job_add(struct people *p, struct job *j, const struct job_limits *limits, struct err *err)
{
	j->asked = (int64_t)time(NULL);
	j->state = STR("waiting");
	if (people_begin(p, err) < 0)
		return -1;
	return people_end(p, add(p, j, limits, err), err);
}

static struct str text(struct arena *a, sqlite3_stmt *st, int column)
{
	return arena_str(a, db_str(st, column));
}

static struct job read_row(sqlite3_stmt *st, struct arena *a)
{
	return (struct job){
		.id = sqlite3_column_int64(st, 0), .owner = text(a, st, 1),
		.state = text(a, st, 2), .reason = text(a, st, 3), .query = text(a, st, 4),
		.dialect = text(a, st, 5), .account = text(a, st, 6), .mailbox = text(a, st, 7),
		.format = text(a, st, 8), .accounts = text(a, st, 9),
		.asked = sqlite3_column_int64(st, 10), .started = sqlite3_column_int64(st, 11),
		.ended = sqlite3_column_int64(st, 12), .expires = sqlite3_column_int64(st, 13),
		.tries = sqlite3_column_int64(st, 14),
		.total = (uint64_t)sqlite3_column_int64(st, 15),
		.messages = (uint64_t)sqlite3_column_int64(st, 16),
		.bytes = (uint64_t)sqlite3_column_int64(st, 17),
		.damaged = (uint64_t)sqlite3_column_int64(st, 18),
		.inexact = (uint64_t)sqlite3_column_int64(st, 19),
		.size = (uint64_t)sqlite3_column_int64(st, 20), .sha256 = text(a, st, 21)};
}

int job_find(struct people *p, struct arena *a, int64_t id, struct job *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT " COLUMNS " FROM jobs WHERE job = ?1", "i",
		       id);
	if (r == 1) {
		*out = read_row(st, a);
		db_done(st);
	}
	return r;
}

/* All rows of a query with two values: a number and a text. */
struct ask {
	const char *sql;
	int64_t number;
	struct str text;
};

static int list(struct people *p, struct arena *a, const struct ask *ask, struct job_rows *out,
		struct err *err)
{
	struct job *rows = NULL;
	sqlite3_stmt *st;
	size_t n = 0;
	int r = db_one(people_db(p), err, &st, ask->sql, "is", ask->number, ask->text);
	for (; r == 1; r = db_step(people_db(p), st, err)) {
		rows = arena_grow(a, rows, n, sizeof *rows);
		rows[n++] = read_row(st, a);
	}
	*out = (struct job_rows){rows, n};
	return r < 0 ? -1 : 1;
}

int job_list(struct people *p, struct arena *a, struct str owner, bool everybody,
	     struct job_rows *out, struct err *err)
{
	struct ask ask = {"SELECT " COLUMNS " FROM jobs WHERE ?1 OR owner = ?2 ORDER BY job DESC",
			  everybody, owner};
	return list(p, a, &ask, out, err);
}

int job_open(struct people *p, struct arena *a, struct job_rows *out, struct err *err)
{
	struct ask ask = {"SELECT " COLUMNS " FROM jobs WHERE " OPEN " AND job > ?1 AND ?2 = ''"
			  " ORDER BY job", 0, STR("")};
	return list(p, a, &ask, out, err);
}

int job_stale(struct people *p, struct arena *a, struct job_rows *out, struct err *err)
{
	struct ask ask = {"SELECT " COLUMNS " FROM jobs WHERE state = 'done' AND expires < ?1"
			  " AND ?2 = ''", (int64_t)time(NULL), STR("")};
	return list(p, a, &ask, out, err);
}

/* ---- its course ---- */

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

/* 1 when a row was changed, 0 when none. */
static int changed(struct people *p, int r)
{
	return r < 0 ? -1 : db_changes(people_db(p)) > 0;
}

int job_start(struct people *p, int64_t id, struct err *err)
{
	return changed(p, db_do(people_db(p), err, "UPDATE jobs SET state = 'running', started ="
				" ?2, tries = tries + 1, total = 0, messages = 0, bytes = 0"
				" WHERE job = ?1 AND state = 'waiting'", "ii", id, now()));
}

int job_step(struct people *p, const struct job *j, struct err *err)
{
	return changed(p, db_do(people_db(p), err, "UPDATE jobs SET total = ?2, messages = ?3,"
				" bytes = ?4 WHERE job = ?1 AND state = 'running'", "iiii", j->id,
				(int64_t)j->total, (int64_t)j->messages, (int64_t)j->bytes));
}

int job_done(struct people *p, const struct job *j, int64_t keep_s, struct err *err)
{
	return changed(p, db_do(people_db(p), err, "UPDATE jobs SET state = 'done', ended = ?2,"
				" expires = ?3, messages = ?4, total = ?4, bytes = ?5,"
				" damaged = ?6, inexact = ?7, size = ?8, sha256 = ?9"
				" WHERE job = ?1 AND state = 'running'", "iiiiiiiis", j->id,
				now(), now() + keep_s,
				(int64_t)j->messages, (int64_t)j->bytes, (int64_t)j->damaged,
				(int64_t)j->inexact, (int64_t)j->size, j->sha256));
}

int job_fail(struct people *p, int64_t id, struct str reason, struct err *err)
{
	return db_do(people_db(p), err, "UPDATE jobs SET state = 'failed', reason = ?2, ended = ?3"
		     " WHERE job = ?1 AND " OPEN, "isi", id, reason, now());
}

int job_again(struct people *p, int64_t id, bool died, struct err *err)
{
	if (died && db_do(people_db(p), err, "UPDATE jobs SET state = 'failed', ended = ?2,"
			  " reason = 'its process died again and again' WHERE job = ?1 AND"
			  " state = 'running' AND tries >= ?3", "iii", id, now(),
			  (int64_t)JOB_TRIES) < 0)
		return -1;
	return db_do(people_db(p), err, "UPDATE jobs SET state = 'waiting', tries = tries - ?2"
		     " WHERE job = ?1 AND state = 'running'", "ii", id, (int64_t)!died);
}

int job_cancel(struct people *p, int64_t id, struct err *err)
{
	return changed(p, db_do(people_db(p), err, "UPDATE jobs SET state = 'cancelled',"
				" ended = ?2 WHERE job = ?1 AND " OPEN, "ii", id, now()));
}

int job_expired(struct people *p, int64_t id, struct err *err)
{
	return db_do(people_db(p), err, "UPDATE jobs SET state = 'expired' WHERE job = ?1 AND"
		     " state = 'done'", "i", id);
}

int job_forget(struct people *p, struct err *err)
{
	return db_do(people_db(p), err, "DELETE FROM jobs WHERE ended > 0 AND ended < ?1 AND"
		     " state <> 'done'", "i", now() - JOB_FORGET_S);
}

int job_tag_over(struct people *p, struct arena *a, int64_t *id, struct str *tag, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(people_db(p), err, &st, "SELECT job, tag FROM job_tags WHERE job NOT IN"
		       " (SELECT job FROM jobs WHERE " OPEN ") LIMIT 1", "");
	if (r <= 0)
		return r;
	*id = sqlite3_column_int64(st, 0);
	*tag = arena_str(a, db_str(st, 1));
	db_done(st);
	return 1;
}

int job_untagged(struct people *p, int64_t id, struct err *err)
{
	return db_do(people_db(p), err, "DELETE FROM job_tags WHERE job=?1", "i", id);
}

void job_path(char *path, const struct job_limits *limits, int64_t id, const char *name)
{
	snprintf(path, 4200, "%s/%lld%s%s", limits->dir, (long long)id, *name ? "/" : "", name);
}
