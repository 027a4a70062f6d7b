#define _GNU_SOURCE
#include "nursery.h"
#include "t.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static int secret; /* what comes after the nursery */

struct told {
	pid_t parent;
	int secret;
	char note[32];
};

static int child(void *arg, struct str note, int fd)
{
	struct told t = {getppid(), *(int *)arg, ""};
	if (note.n >= sizeof t.note || note.p[note.n] != '\0')
		return 1;
	memcpy(t.note, note.p, note.n);
	return write(fd, &t, sizeof t) == (ssize_t)sizeof t ? 7 : 1;
}

/* Stays until it is killed. */
static int sleeper(void *arg, struct str note, int fd)
{
	(void)arg;
	(void)note;
	if (write(fd, "x", 1) == 1)
		pause();
	return 0;
}

static void test_forks(struct nursery *n)
{
	static const char *const notes[] = {"", "one", "another, longer"};
	struct err err = {0};
	struct proc p;
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		struct told t = {0};
		T(nursery_fork(n, &p, child, &secret, str_of(notes[i]), &err) == 1);
		T(read(p.fd, &t, sizeof t) == (ssize_t)sizeof t);
		T(t.parent == n->p.pid && t.secret == 0);
		T_STR(str_of(t.note), str_of(notes[i]));
		proc_kill(&p);
		T(p.pid == 0 && p.fd == -1);
	}
}

static void test_limits(struct nursery *n)
{
	static char large[NURSERY_NOTE];
	struct err err = {0};
	struct proc p;
	memset(large, 'x', sizeof large);
	T(nursery_fork(n, &p, child, &secret, (struct str){large, sizeof large}, &err) == -1);
	T(err.kind == ERR_BROKEN);
}

/* What it forked ends with it, and nothing comes of it any more. */
static void test_end(struct nursery *n)
{
	struct err err = {0};
	struct proc p, q;
	char c;
	T(nursery_fork(n, &p, sleeper, NULL, STR(""), &err) == 1);
	T(read(p.fd, &c, 1) == 1);
	kill(n->p.pid, SIGKILL);
	T(read(p.fd, &c, 1) == 0);
	T(nursery_fork(n, &q, child, &secret, STR(""), &err) == -1 && err.kind == ERR_BROKEN);
	proc_kill(&p);
	nursery_end(n);
	T(n->p.pid == 0);
	nursery_end(n);
}

int main(void)
{
	struct nursery n = {0};
	struct err err = {0};
	T(nursery_start(&n, &err) == 1);
	secret = 42;
	test_forks(&n);
	test_limits(&n);
	test_end(&n);
	return t_done();
}
