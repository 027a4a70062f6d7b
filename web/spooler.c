#define _GNU_SOURCE
#include "spooler.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "file.h"
#include "log.h"
#include "noindex.h"
#include "proc.h"
#include "tag.h"

enum { STOP_MS = 3000 };

struct spooler {
	const char *archive_dir;
	struct job_limits limits;
	struct {
		pid_t pid; /* 0: none */
		int64_t job;
	} work[SPOOLER_MOST];
	uint64_t looked_ms, swept_ms;
};

static size_t running(const struct spooler *s)
{
	size_t n = 0;
	for (size_t i = 0; i < SPOOLER_MOST; i++)
		n += s->work[i].pid > 0;
	return n;
}

static bool ours(const struct spooler *s, int64_t job)
{
	for (size_t i = 0; i < SPOOLER_MOST; i++)
		if (s->work[i].pid > 0 && s->work[i].job == job)
			return true;
	return false;
}

/* One that could not even begin must not be tried for ever. */
static void ended(struct people *p, int64_t job, int status)
{
	struct arena a = {0};
	struct job j;
	struct err err;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (job_find(p, &a, job, &j, &err) == 1 && str_eq(j.state, STR("waiting")))
		job_fail(p, job, STR("its process could not begin; the server's log says why"),
			 &err);
	arena_free(&a);
}

static void reap(struct spooler *s, struct people *p)
{
	int status;
	for (size_t i = 0; i < SPOOLER_MOST; i++) {
		if (s->work[i].pid <= 0 || waitpid(s->work[i].pid, &status, WNOHANG) == 0)
			continue;
		s->work[i].pid = 0;
		ended(p, s->work[i].job, status);
	}
}

/* Does a process, perhaps of another server, work at it? */
static bool is_held(const struct spooler *s, int64_t job)
{
	char path[4200];
	job_path(path, &s->limits, job, "lock");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool held = fd >= 0 ? flock(fd, LOCK_EX | LOCK_NB) < 0 : errno != ENOENT;
	if (fd >= 0)
		close(fd);
	return held;
}

static int begin(struct spooler *s, int64_t job, struct err *err)
{
	char number[32], name[] = "sheaf", dash[] = "-C", cmd[] = "export", opt[] = "--job";
	char blind[] = "--no-index";
	char dir[4096];
	snprintf(number, sizeof number, "%lld", (long long)job);
	snprintf(dir, sizeof dir, "%s", s->archive_dir);
	char *argv[] = {name, dash, dir, cmd, opt, number, noindex_is() ? blind : NULL,
			NULL};
	for (size_t i = 0; i < SPOOLER_MOST; i++)
		if (s->work[i].pid == 0) {
			s->work[i].job = job;
			return proc_self(argv, &s->work[i].pid, err);
		}
	return 1;
}

static int look(struct spooler *s, struct people *p, struct arena *a, struct err *err)
{
	struct job_rows rows;
	size_t busy = running(s);
	if (job_open(p, a, &rows, err) < 0)
		return -1;
	const struct job *list = rows.list;
	size_t n = rows.n;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(list[i].state, STR("running")) || ours(s, list[i].id))
			continue;
		if (is_held(s, list[i].id))
			busy++;
		else if (job_again(p, list[i].id, true, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < n && busy < s->limits.at_once; i++) {
		if (!str_eq(list[i].state, STR("waiting")) || ours(s, list[i].id))
			continue;
		if (begin(s, list[i].id, err) < 0)
			return -1;
		busy++;
	}
	return 1;
}

static int sweep(struct spooler *s, struct people *p, struct arena *a, struct err *err)
{
	struct job_rows rows;
	char path[4200];
	if (job_stale(p, a, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.n; i++) {
		job_path(path, &s->limits, rows.list[i].id, "");
		if (job_expired(p, rows.list[i].id, err) < 0 || file_remove_tree(path, err) < 0)
			return -1;
	}
	return job_forget(p, err);
}

/* What was selected for an export had a tag for so long. */
static int untag(struct people *p, struct arena *a, struct err *err)
{
	struct str tag;
	int64_t id;
	uint64_t changed;
	int r;
	while ((r = job_tag_over(p, a, &id, &tag, err)) > 0)
		if (tag_drop(p, tag, &changed, err) < 0 || job_untagged(p, id, err) < 0)
			return -1;
	return r < 0 ? -1 : 1;
}

/* An archive where nobody made anything has no file of people, and none is made here. */
static bool nothing_made(const struct spooler *s)
{
	char path[4200];
	snprintf(path, sizeof path, "%s/people.db", s->archive_dir);
	return access(path, F_OK) < 0;
}

/* Looks whether there is something to do; never waits. */
static void tick(struct spooler *s)
{
	struct arena a = {0};
	struct err err = {0};
	struct people *p;
	uint64_t now = log_now_ms();
	if (now < s->looked_ms + SPOOLER_LOOK_MS || nothing_made(s))
		return;
	s->looked_ms = now;
	int r = call_people(&p, &err);
	if (r > 0) {
		reap(s, p);
		r = look(s, p, &a, &err);
		if (r > 0)
			r = untag(p, &a, &err);
	}
	if (r > 0 && (s->swept_ms == 0 || now - s->swept_ms >= SPOOLER_SWEEP_MS)) {
		s->swept_ms = now;
		r = sweep(s, p, &a, &err);
	}
	if (r < 0 && err.kind != ERR_LATER) {
		log_line(LOG_ERROR, "exports: %s", err.text);
		s->looked_ms = now + 5000; /* not the same line five times a second */
	}
	arena_free(&a);
}

static void stop(struct spooler *s)
{
	uint64_t until = log_now_ms() + STOP_MS;
	for (size_t i = 0; i < SPOOLER_MOST; i++)
		if (s->work[i].pid > 0)
			kill(s->work[i].pid, SIGTERM);
	while (running(s)) {
		for (size_t i = 0; i < SPOOLER_MOST; i++) {
			if (s->work[i].pid <= 0)
				continue;
			if (log_now_ms() >= until)
				kill(s->work[i].pid, SIGKILL);
			if (waitpid(s->work[i].pid, NULL, WNOHANG) != 0)
				s->work[i].pid = 0;
		}
		nanosleep(&(struct timespec){0, 10 * 1000 * 1000}, NULL);
	}
}

int spooler_run(void *arg)
{
	struct err err;
	const struct spooler_place *place = arg;
	struct spooler s = {.archive_dir = place->archive_dir, .limits = place->limits};
	if (call_begin(s.archive_dir, &err) < 0)
		return 1;
	while (!proc_stopped()) {
		tick(&s);
		nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
	}
	stop(&s);
	call_end();
	return 0;
}
