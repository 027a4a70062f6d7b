#define _GNU_SOURCE
#include "nursery.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct order {
	int (*run)(void *arg, struct str note, int fd);
	void *arg;
	size_t n;
	char note[NURSERY_NOTE];
};

/* With the descriptor beside it. */
struct birth {
	pid_t pid; /* 0: none, and why */
	struct err err;
};

/* Room for one descriptor. */
union ancillary {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

/* ---- in the nursery ---- */

static int born(void *arg, int fd)
{
	struct order *o = arg;
	return o->run(o->arg, (struct str){o->note, o->n}, fd);
}

static int tell(int up, const struct birth *b, int fd)
{
	union ancillary with = {0};
	struct iovec iov = {(void *)(uintptr_t)b, sizeof *b};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	if (fd >= 0) {
		m.msg_control = with.room;
		m.msg_controllen = sizeof with.room;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(up, &m, MSG_NOSIGNAL) == (ssize_t)sizeof *b ? 1 : -1;
}

static int serve(void *arg, int up)
{
	/* Who is stopped with its whole group decides itself when we end. */
	static const int ignored[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	static struct order o;
	ssize_t n;
	(void)arg;
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, "sheaf-nursery");
	if (dup3(up, 3, 0) < 0 && errno != EINVAL) /* EINVAL: it is 3 */
		return 1;
	close_range(4, ~0U, 0);
	while ((n = recv(3, &o, sizeof o, MSG_WAITALL)) == (ssize_t)sizeof o ||
	       (n < 0 && errno == EINTR)) {
		struct proc p = {0, -1};
		struct birth b = {0};
		if (n < 0)
			continue;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (proc_start(&p, born, &o, &b.err) > 0)
			b.pid = p.pid;
		if (tell(3, &b, p.fd) < 0)
			return 1;
		if (p.fd >= 0)
			close(p.fd);
	}
	return 0;
}

/* ---- whoever has one ---- */

int nursery_start(struct nursery *n, struct err *err)
{
	return proc_start(&n->p, serve, n, err);
}

/* What came with the message, or -1. */
static int descriptor(struct msghdr *m)
{
	int fd = -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

/* One answer stands for each order: whom a signal disturbs goes on waiting for it. */
static ssize_t take_answer(int fd, struct msghdr *m)
{
	ssize_t n;
	while ((n = recvmsg(fd, m, MSG_CMSG_CLOEXEC | MSG_WAITALL)) < 0 && errno == EINTR)
		;
	return n;
}

int nursery_fork(struct nursery *n, struct proc *p,
		 int (*run)(void *arg, struct str note, int fd), void *arg, struct str note,
		 struct err *err)
{
	struct order o = {.run = run, .arg = arg, .n = note.n};
	struct birth b = {0};
	union ancillary with = {0};
	struct iovec iov = {&b, sizeof b};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = with.room,
			   .msg_controllen = sizeof with.room};
	if (note.n >= sizeof o.note)
		return err_set(err, ERR_BROKEN, "the note for a new process is too long");
	if (note.n)
		memcpy(o.note, note.p, note.n);
	if (send(n->p.fd, &o, sizeof o, MSG_NOSIGNAL) != (ssize_t)sizeof o ||
	    take_answer(n->p.fd, &m) != (ssize_t)sizeof b)
		return err_set(err, ERR_BROKEN,
			       "the process that starts others was killed: start sheaf anew");
	*p = (struct proc){b.pid, descriptor(&m)};
	if (b.pid <= 0)
		*err = b.err;
	return b.pid > 0 ? 1 : -1;
}

void nursery_end(struct nursery *n)
{
	proc_kill(&n->p);
}
