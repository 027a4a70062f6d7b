#define _GNU_SOURCE
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"
#include "peopledb.h"
#include "user.h"

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

/* A file that may only be read, and was made before users could be disabled. */
static void older_to_read(const char *dir, const char *path)
{
	struct err err = {0};
	struct arena a = {0};
	struct people *p;
	struct user u = {.name = STR("ann"), .role = STR("owner")}, found;
	int64_t job;
	struct str tag;
	int status;
	T(people_open(&p, dir, &err) == 1);
	T(user_add(p, &u, &err) == 1);
	T(db_exec(people_db(p), "DROP TABLE disabled; DROP TABLE job_tags", &err) == 1);
	people_close(&p);
	T(chmod(path, 0444) == 0 && chmod(dir, 0555) == 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(9);
		T(people_open(&p, dir, &err) == 1);
		T(user_find(p, &a, u.name, &found, &err) == 1);
		T(str_eq(found.role, u.role) && !found.disabled);
		T(job_tag_over(p, &a, &job, &tag, &err) == 0);
		T(user_disable(p, u.name, true, &err) == -1);
		people_close(&p);
		_exit(t_failed);
	}
	T(waitpid(pid, &status, 0) == pid && status == 0);
	T(chmod(dir, 0700) == 0 && chmod(path, 0600) == 0);
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
	older_to_read(dir, path);
	from_the_future(dir);
	T(unlink(path) == 0);
	T(rmdir(dir) == 0);
	return t_done();
}
