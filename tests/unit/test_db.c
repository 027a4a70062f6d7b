#include "t.h"

#include "db.h"

#include <fcntl.h>
#include <unistd.h>

static struct err err;
static struct db *db;

static void values(void)
{
	sqlite3_stmt *st;
	static const struct str row[] = {STR("plain"), STR(""), STR("\xFF\x00z"), STR("a\0b"),
					 STR("\xC3\xBC")};
	T(db_exec(db, "CREATE TABLE t(i, s)", &err) == 1);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(db_do(db, &err, "INSERT INTO t VALUES(?1, ?2)", "is", (int64_t)i - 2,
			row[i]) == 1);
	T(db_changes(db) == 1);
	int r = db_one(db, &err, &st, "SELECT i, s, typeof(s) FROM t ORDER BY i", "");
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		T(r == 1 && sqlite3_column_int64(st, 0) == (int64_t)i - 2);
		T_STR(db_str(st, 1), row[i]);
		T_STR(db_str(st, 2), i == 2 ? STR("blob") : STR("text"));
		r = db_step(db, st, &err);
	}
	T(r == 0);
	/* a name that is no text is found again, and is not equal to one that is */
	T(db_one(db, &err, &st, "SELECT i FROM t WHERE s = ?1", "s", row[2]) == 1);
	db_done(st);
	T(db_one(db, &err, &st, "SELECT i FROM t WHERE s = ?1", "b", row[0]) == 0);
	T(db_do(db, &err, "UPDATE t SET i = 9", "") == 1 && db_changes(db) == 5);
}

static void failures(const char *path)
{
	struct db *other;
	T(db_exec(db, "no such statement", &err) == -1 && err.kind == ERR_BROKEN);
	T(db_exec(db, "CREATE TABLE u(i UNIQUE); INSERT INTO u VALUES(1)", &err) == 1);
	T(db_do(db, &err, "INSERT INTO u VALUES(?1)", "i", (int64_t)1) == -1);
	T(err.kind == ERR_BROKEN);
	T(db_do(db, &err, "INSERT INTO u VALUES(?1)", "i", (int64_t)2) == 1);
	T(db_open(&other, path, DB_READ, &err) == 1);
	T(db_exec(other, "DELETE FROM u", &err) == -1);
	T(db_exec(db, "BEGIN EXCLUSIVE", &err) == 1);
	T(db_exec(other, "PRAGMA busy_timeout=10; SELECT * FROM u", &err) == -1);
	T(err.kind == ERR_LATER);
	T(db_exec(db, "COMMIT", &err) == 1);
	db_close(&other);
	T(other == NULL);
	T(db_open(&other, "/nonexistent/x.db", DB_READ, &err) == -1 && err.kind == ERR_BROKEN);
	T(db_open(&other, "/nonexistent/x.db", DB_CREATE, &err) == -1);
}

/* A file that is no database, and one cut in the middle. */
static void broken(const char *path)
{
	struct db *other = NULL;
	sqlite3_stmt *st;
	db_close(&db);
	int fd = open(path, O_RDWR), r;
	T(fd >= 0 && ftruncate(fd, 4096 + 100) == 0);
	r = db_open(&other, path, DB_READ, &err);
	if (r == 1)
		r = db_one(other, &err, &st, "SELECT * FROM t", "");
	T(r == -1 && err.kind == ERR_BROKEN && strstr(err.text, path));
	db_close(&other);
	T(pwrite(fd, "not a database at all", 21, 0) == 21);
	r = db_open(&other, path, DB_READ, &err);
	if (r == 1)
		r = db_one(other, &err, &st, "SELECT * FROM t", "");
	T(r == -1 && err.kind == ERR_BROKEN);
	db_close(&other);
	close(fd);
}

/* A copy holds what was committed, whatever a writer has begun, and replaces what was there. */
static void copies(const char *beside)
{
	char path[4300], to[4400];
	struct db *own, *reader, *copy;
	sqlite3_stmt *st;
	snprintf(path, sizeof path, "%s.two", beside);
	snprintf(to, sizeof to, "%s.copy", path);
	T(db_open(&own, path, DB_CREATE, &err) == 1);
	int fd = open(to, O_WRONLY | O_CREAT, 0644);
	T(write(fd, "something else", 14) == 14 && close(fd) == 0);
	T(db_exec(own, "PRAGMA journal_mode=WAL; CREATE TABLE c(i); INSERT INTO c VALUES(1)",
		  &err) == 1);
	T(db_exec(own, "BEGIN IMMEDIATE; INSERT INTO c VALUES(2)", &err) == 1);
	T(db_open(&reader, path, DB_READ, &err) == 1);
	T(db_copy(reader, to, &err) == 1);
	T(db_exec(own, "COMMIT", &err) == 1);
	db_close(&reader);
	T(db_open(&copy, to, DB_STILL, &err) == 1);
	T(db_one(copy, &err, &st, "SELECT count(*), max(i) FROM c", "") == 1);
	T(sqlite3_column_int64(st, 0) == 1 && sqlite3_column_int64(st, 1) == 1);
	db_done(st);
	T(db_exec(copy, "INSERT INTO c VALUES(3)", &err) == -1);
	db_close(&copy);
	snprintf(to, sizeof to, "%s.copy-wal", path);
	T(access(to, F_OK) < 0);
	snprintf(to, sizeof to, "%s.copy-journal", path);
	T(access(to, F_OK) < 0);
	T(db_copy(own, "/dev/full/x", &err) == -1 && err.kind == ERR_BROKEN);
	db_close(&own);
}

int main(void)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/odd ?name#50%%41.db", t_dir());
	T(db_open(&db, path, DB_CREATE, &err) == 1);
	T(access(path, F_OK) == 0);
	values();
	copies(path);
	failures(path);
	broken(path);
	return t_done();
}
