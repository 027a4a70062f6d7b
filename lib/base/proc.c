#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

static volatile sig_atomic_t stop_asked, reload_asked;

int proc_start(struct proc *p, int (*run)(void *arg, int fd), void *arg, struct err *err)
{
	int fd[2];
	pid_t parent = getpid();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return err_errno(err, ERR_BROKEN, "cannot make a socket pair");
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0) {
		err_errno(err, ERR_BROKEN, "cannot fork");
		close(fd[0]);
		close(fd[1]);
		return -1;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(fd[0]);
		int status = run(arg, fd[1]);
		fflush(NULL);
		_exit(status);
	}
	close(fd[1]);
	*p = (struct proc){pid, fd[0]};
	return 1;
}

static int reap(struct proc *p, int status)
{
	if (p->fd >= 0)
		close(p->fd);
	*p = (struct proc){0, -1};
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int proc_wait(struct proc *p)
{
	int status = 0;
	while (waitpid(p->pid, &status, 0) < 0)
		if (errno != EINTR)
			return reap(p, 0);
	return reap(p, status);
}

int proc_wait_any(struct proc *ps, size_t n, int *status)
{
	size_t running = 0;
	for (size_t i = 0; i < n; i++)
		running += ps[i].pid > 0;
	while (running) {
		int st;
		pid_t pid = waitpid(-1, &st, 0);
		if (pid < 0 && errno != EINTR)
			return -1;
		for (size_t i = 0; pid > 0 && i < n; i++)
			if (ps[i].pid == pid) {
				*status = reap(&ps[i], st);
				return (int)i;
			}
	}
	return -1;
}

void proc_kill(struct proc *p)
{
	if (p->pid <= 0)
		return;
	kill(p->pid, SIGKILL);
	proc_wait(p);
}

void proc_ask(const struct proc *p)
{
	if (p->pid > 0)
		kill(p->pid, SIGTERM);
}

bool proc_lives(pid_t pid)
{
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd pf = {fd, POLLIN, 0};
	bool yes = fd >= 0 && poll(&pf, 1, 0) == 0;
	if (fd >= 0)
		close(fd);
	return yes;
}

int proc_self(char *const argv[], pid_t *pid_out, struct err *err)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigemptyset(&none);
	pid_t pid = fork();
	if (pid == 0) { /* only what is safe in a signal handler */
		dup2(null, STDIN_FILENO);
		close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	if (pid < 0)
		err_errno(err, ERR_BROKEN, "cannot fork");
	if (null >= 0)
		close(null);
	*pid_out = pid;
	return pid < 0 ? -1 : 1;
}

unsigned proc_cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	return n < 1 ? 1 : (unsigned)n;
}

int proc_limit_memory(size_t bytes, struct err *err)
{
	unsigned long pages = 0; /* size resident shared text lib data */
	FILE *f = fopen("/proc/self/statm", "re");
	if (f == NULL || fscanf(f, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
	struct rlimit lim = {0, 0};
	/* Who is limited already stays so. */
	if (getrlimit(RLIMIT_DATA, &lim) == 0 && lim.rlim_max < most)
		most = lim.rlim_max;
	lim = (struct rlimit){most, most};
	if (setrlimit(RLIMIT_DATA, &lim) < 0)
		return err_errno(err, ERR_BROKEN, "cannot limit memory");
	return 1;
}

static int read_some(int fd, char *out, size_t n)
{
	uint64_t deadline = log_now_ms() + 30000;
	size_t have = 0;
	while (have < n - 1) {
		uint64_t now = log_now_ms();
		struct pollfd pf = {fd, POLLIN, 0};
		if (now >= deadline || poll(&pf, 1, (int)(deadline - now)) == 0)
			return -1;
		ssize_t r = read(fd, out + have, n - 1 - have);
		if (r < 0 && errno != EINTR)
			return -1;
		if (r == 0)
			break;
		have += r > 0 ? (size_t)r : 0;
	}
	out[have] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return out[0] ? 1 : -1;
}

struct shell {
	const char *command;
};

static int run_shell(void *arg, int fd)
{
	const struct shell *s = arg;
	dup2(fd, STDOUT_FILENO);
	execl("/bin/sh", "sh", "-c", s->command, (char *)NULL);
	return 127;
}

int proc_output(const char *command, char *out, size_t n, struct err *err)
{
	struct proc p;
	struct shell s = {command};
	if (proc_start(&p, run_shell, &s, err) < 0)
		return -1;
	int r = read_some(p.fd, out, n);
	if (r < 0)
		kill(p.pid, SIGKILL);
	int status = proc_wait(&p);
	if (r < 0 || status != 0)
		return err_set(err, ERR_DENIED,
			       "command failed, or gave no output in 30 s (status %d)", status);
	return 1;
}

static void on_stop(int sig)
{
	(void)sig;
	if (stop_asked < 2)
		stop_asked++;
}

void proc_catch_stop(void)
{
	struct sigaction sa = {.sa_handler = on_stop};
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int proc_stopped(void)
{
	return stop_asked;
}

static void on_reload(int sig)
{
	(void)sig;
	reload_asked = 1;
}

void proc_catch_reload(void)
{
	struct sigaction sa = {.sa_handler = on_reload};
	sigaction(SIGHUP, &sa, NULL);
}

int proc_reload(void)
{
	int asked = reload_asked;
	reload_asked = 0;
	return asked;
}
