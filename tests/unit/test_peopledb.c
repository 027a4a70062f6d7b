#define _GNU_SOURCE
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peopledb.h"

static int64_t value(struct people *p)
{
	struct err err = {0};
	sqlite3_stmt *st;
	T(db_one(people_db(p), &err, &st, "SELECT x FROM t", "") == 1);
	int64_t x = sqlite3_column_int64(st, 0);
	db_done(st);
	return x;
}

static void transactions(const char *dir)
{
	struct err err = {0};
	struct people *p, *other;
	T(people_open(&p, dir, &err) == 1);
	T(db_exec(people_db(p), "CREATE TABLE t(x); INSERT INTO t VALUES(1)", &err) == 1);
	T(people_open(&other, dir, &err) == 1);
	T(people_begin(p, &err) == 1);
	T(db_do(people_db(p), &err, "UPDATE t SET x=2", "") == 1);
	T(value(other) == 1);
	T(people_end(p, 0, &err) == 0);
	T(value(p) == 1);
	T(people_begin(p, &err) == 1);
	T(db_do(people_db(p), &err, "UPDATE t SET x=3", "") == 1);
	T(people_end(p, 1, &err) == 1);
	T(value(other) == 3);
	people_close(&other);
	people_close(&p);
}

static void from_the_future(const char *dir)
{
	struct err err = {0};
	struct people *p;
	T(people_open(&p, dir, &err) == 1);
	T(db_exec(people_db(p), "PRAGMA user_version=99", &err) == 1);
	people_close(&p);
	T(people_open(&p, dir, &err) == -1);
	T(err.kind == ERR_BROKEN && strstr(err.text, "newer"));
}

int main(void)
{
	char dir[] = "/tmp/sheaf-people-XXXXXX", path[100];
	struct stat st;
	T(mkdtemp(dir) != NULL);
	transactions(dir);
	snprintf(path, sizeof path, "%s/people.db", dir);
	T(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	from_the_future(dir);
	T(unlink(path) == 0);
	T(rmdir(dir) == 0);
	return t_done();
}
