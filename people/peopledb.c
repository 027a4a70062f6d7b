#define _GNU_SOURCE
#include "peopledb.h"

#include "job.h"
#include "saved.h"
#include "tag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "apitoken.h"
#include "cookie.h"
#include "totp.h"
#include "tries.h"
#include "user.h"

/* The tables of each module; "IF NOT EXISTS", so that all of them run at every opening. */
static const char *const schemas[] = {
	tag_schema, saved_schema, job_schema,
	user_schema, apitoken_schema, cookie_schema, tries_schema, totp_schema,
	NULL
};

struct people {
	struct db *db;
};

/* SQLite would make it by the umask; it holds secrets. Under another name at first: closing any
 * descriptor of a database gives up the locks of all the process's handles on it. 1 it is there
 * and may be written to; 0 it may not; -1. */
static int make(const char *path, struct err *err)
{
	char temp[4200];
	if (access(path, F_OK) == 0)
		return access(path, W_OK) == 0;
	snprintf(temp, sizeof temp, "%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0 && (errno == EROFS || errno == EACCES))
		return 0;
	if (fd < 0)
		return err_errno(err, ERR_BROKEN, "cannot make '%s'", path);
	close(fd);
	int made = link(temp, path), why = errno;
	unlink(temp);
	errno = why;
	return made == 0 || why == EEXIST ? 1 : err_errno(err, ERR_BROKEN, "cannot make '%s'",
							  path);
}

/* Where nothing can be written, nobody has written either, or it is read as it is. */
static int reach(const char *path, struct db **out, struct err *err)
{
	int r = make(path, err);
	if (r < 0)
		return -1;
	if (r > 0)
		return db_open(out, path, DB_CREATE, err) > 0
			? db_exec(*out, "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON", err)
			: -1;
	if (access(path, F_OK) == 0)
		return db_open(out, path, DB_READ, err) < 0 ? -1 : 0;
	return db_open(out, ":memory:", DB_CREATE, err);
}

static int version(struct db *db, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;
	if (db_one(db, err, &st, "PRAGMA user_version", "") < 0)
		return -1;
	*out = sqlite3_column_int64(st, 0);
	db_done(st);
	return 1;
}

static int prepare(struct people *p, const char *path, struct err *err)
{
	char set[64];
	int64_t have;
	if (version(p->db, &have, err) < 0)
		return -1;
	if (have > PEOPLE_VERSION)
		return err_set(err, ERR_BROKEN, "'%s' is of version %lld, this sheaf knows %d: use"
			       " a newer sheaf", path, (long long)have, PEOPLE_VERSION);
	for (size_t i = 0; schemas[i]; i++)
		if (db_exec(p->db, schemas[i], err) < 0)
			return -1;
	snprintf(set, sizeof set, "PRAGMA user_version=%d", PEOPLE_VERSION);
	return have == PEOPLE_VERSION ? 1 : db_exec(p->db, set, err);
}

/* An empty table for each that the model has and db has not, beside the file. */
static int stand_in(struct db *db, struct db *model, struct err *err)
{
	struct arena a = {0};
	sqlite3_stmt *st, *found;
	int r = db_one(model, err, &st, "SELECT name, substr(sql, 7) FROM sqlite_master WHERE"
		       " type='table' AND name NOT LIKE 'sqlite_%'", "");
	for (; r > 0; r = db_step(model, st, err)) {
		int there = db_one(db, err, &found, "SELECT 1 FROM main.sqlite_master WHERE"
				   " type='table' AND name=?1", "s", db_str(st, 0));
		if (there > 0)
			db_done(found);
		if (there < 0 || (there == 0 && db_exec(db, arena_fmt(&a, "CREATE TEMP%.*s",
				STR_ARG(db_str(st, 1))).p, err) < 0)) {
			db_done(st);
			r = -1;
			break;
		}
	}
	arena_free(&a);
	return r;
}

/* A file that may only be read can be older than some of the tables. */
static int complete(struct people *p, struct err *err)
{
	struct db *model = NULL;
	int r = db_open(&model, ":memory:", DB_CREATE, err);
	for (size_t i = 0; r > 0 && schemas[i]; i++)
		r = db_exec(model, schemas[i], err);
	if (r > 0)
		r = stand_in(p->db, model, err);
	db_close(&model);
	return r;
}

int people_open(struct people **out, const char *archive_dir, struct err *err)
{
	char path[4096];
	*out = NULL;
	if (snprintf(path, sizeof path, "%s/people.db", archive_dir) >= (int)sizeof path)
		return err_set(err, ERR_INPUT, "the archive's name is too long");
	struct people *p = err_alloc(sizeof *p);
	int r = reach(path, &p->db, err);
	if (r >= 0)
		r = r > 0 ? prepare(p, path, err) : complete(p, err);
	if (r < 0) {
		people_close(&p);
		return -1;
	}
	*out = p;
	return 1;
}

void people_close(struct people **pp)
{
	if (*pp == NULL)
		return;
	db_close(&(*pp)->db);
	free(*pp);
	*pp = NULL;
}

struct db *people_db(struct people *p)
{
	return p->db;
}

int people_begin(struct people *p, struct err *err)
{
	return db_do(p->db, err, "BEGIN IMMEDIATE", "");
}

int people_end(struct people *p, int r, struct err *err)
{
	struct err unused = {0};
	if (r == 1) {
		if (db_do(p->db, err, "COMMIT", "") > 0)
			return 1;
		r = -1;
	}
	db_do(p->db, &unused, "ROLLBACK", "");
	return r;
}
