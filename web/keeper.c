#define _GNU_SOURCE
#include "keeper.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "proc.h"

enum { LOOK_MS = 50, END_MS = 6000, LONGEST_MS = 60000, EXIT_LATER = 75 };

struct shared {
	atomic_bool on, running, elsewhere;
	atomic_uint starts, failures;
	atomic_int status;
};

static struct shared *shared;
static struct proc keeper;

static void rest(unsigned ms)
{
	nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* ---- in the keeper's process ---- */

static int kept(void *arg, int fd)
{
	(void)fd;
	execv("/proc/self/exe", arg);
	return 127;
}

/* Has it ended? Then *status says how. */
static bool ended(struct proc *p, int *status)
{
	int st;
	if (waitpid(p->pid, &st, WNOHANG) != p->pid)
		return false;
	*status = WIFSIGNALED(st) ? 256 + WTERMSIG(st) : WEXITSTATUS(st);
	close(p->fd);
	*p = (struct proc){0, -1};
	return true;
}

/* Until it ends by itself, or because we were asked to. */
static int watch(struct proc *p)
{
	int status = 0;
	while (!ended(p, &status)) {
		if (proc_stopped())
			break;
		if (proc_reload())
			kill(p->pid, SIGHUP);
		rest(LOOK_MS);
	}
	uint64_t until = log_now_ms() + END_MS;
	proc_ask(p);
	while (p->pid > 0 && !ended(p, &status) && log_now_ms() < until)
		rest(LOOK_MS);
	proc_kill(p);
	return status;
}

static void run_once(char *const *argv)
{
	struct proc p;
	struct err err;
	uint64_t start = log_now_ms();
	if (proc_start(&p, kept, (void *)(uintptr_t)argv, &err) < 0) {
		log_line(LOG_ERROR, "%s", err.text);
		atomic_fetch_add(&shared->failures, 1);
		return;
	}
	atomic_fetch_add(&shared->starts, 1);
	atomic_store(&shared->running, true);
	int status = watch(&p);
	atomic_store(&shared->running, false);
	atomic_store(&shared->status, status);
	atomic_store(&shared->elsewhere, status == EXIT_LATER);
	if (log_now_ms() - start > LONGEST_MS)
		atomic_store(&shared->failures, 0);
	if (!proc_stopped()) {
		unsigned n = atomic_fetch_add(&shared->failures, 1) + 1;
		log_line(LOG_WARN, "%s ended (status %d), time %u; it is started again", argv[3],
			 status, n);
	}
}

static int keep(void *arg, int fd)
{
	(void)fd;
	proc_catch_stop();
	proc_catch_reload();
	while (!proc_stopped()) {
		run_once(arg);
		unsigned n = atomic_load(&shared->failures);
		unsigned ms = n > 6 ? LONGEST_MS : n ? 1000u << (n - 1) : 0;
		uint64_t until = log_now_ms() + ms;
		while (!proc_stopped() && log_now_ms() < until)
			rest(LOOK_MS);
	}
	return 0;
}

/* ---- in the server ---- */

int keeper_start(char *const *argv, struct err *err)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		shared = NULL;
		return err_errno(err, ERR_BROKEN, "cannot share memory");
	}
	atomic_store(&shared->on, true);
	return proc_start(&keeper, keep, (void *)(uintptr_t)argv, err);
}

void keeper_state(struct keeper_state *out)
{
	*out = (struct keeper_state){0};
	if (shared == NULL)
		return;
	out->on = true;
	/* A keeper that was killed keeps nothing. */
	out->running = atomic_load(&shared->running) && kill(keeper.pid, 0) == 0;
	out->elsewhere = atomic_load(&shared->elsewhere);
	out->starts = atomic_load(&shared->starts);
	out->failures = atomic_load(&shared->failures);
	out->status = atomic_load(&shared->status);
}

void keeper_reload(void)
{
	if (keeper.pid > 0)
		kill(keeper.pid, SIGHUP);
}

void keeper_stop(void)
{
	if (keeper.pid <= 0)
		return;
	int status;
	uint64_t until = log_now_ms() + END_MS + 1000;
	proc_ask(&keeper);
	while (!ended(&keeper, &status) && log_now_ms() < until)
		rest(LOOK_MS);
	proc_kill(&keeper);
	munmap(shared, sizeof *shared);
	shared = NULL;
}
