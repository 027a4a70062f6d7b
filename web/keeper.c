#define _GNU_SOURCE
#include "keeper.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "log.h"
#include "proc.h"

enum {
	LOOK_MS = 50,
	END_MS = 6000, /* for what is kept; each keeper above waits a second longer */
	LONGEST_MS = 60000,
	EXIT_LATER = 75,
	FAILURES = 3, /* so many in a row are no accident */
	BACKGROUND = 10, /* of nice(1) */
	STATE_MAX = 4096
};

struct shared {
	atomic_bool on, running, elsewhere;
	atomic_uint starts, failures;
	atomic_int status;
};

struct ward {
	enum keeper_ward which;
	struct proc proc;
	uint64_t began_ms, next_ms;
};

static const char *const names[KEEPER_WARDS] = {"harvest", "exports", "keeper"};
static struct shared *shared; /* by enum keeper_ward */
static struct keeper_work work;
static struct proc guard;
static pid_t server;

static void rest(void)
{
	nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
}

/* ---- in the keeper's processes ---- */

static int keep(void);

static int run_ward(void *arg, int fd)
{
	const struct ward *w = arg;
	(void)fd;
	if (w->which == KEEPER_ITSELF)
		return keep();
	/* Whoever waits for an answer goes first. */
	setpriority(PRIO_PROCESS, 0, BACKGROUND);
	if (w->which == KEEPER_EXPORTS)
		return work.exports(work.arg);
	execv("/proc/self/exe", work.harvest);
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

static void failed(struct ward *w, int status)
{
	struct shared *s = &shared[w->which];
	uint64_t now = log_now_ms();
	atomic_store(&s->running, false);
	atomic_store(&s->status, status);
	atomic_store(&s->elsewhere, status == EXIT_LATER);
	if (now - w->began_ms > LONGEST_MS)
		atomic_store(&s->failures, 0);
	unsigned n = atomic_fetch_add(&s->failures, 1) + 1;
	w->next_ms = now + (n > 6 ? LONGEST_MS : 1000u << (n - 1));
	log_line(LOG_WARN, "%s ended (status %d), time %u; it is started again", names[w->which],
		 status, n);
}

static void begin(struct ward *w)
{
	struct err err;
	w->began_ms = log_now_ms();
	if (proc_start(&w->proc, run_ward, w, &err) < 0) {
		log_line(LOG_ERROR, "%s", err.text);
		failed(w, 0);
		return;
	}
	atomic_fetch_add(&shared[w->which].starts, 1);
	atomic_store(&shared[w->which].running, true);
}

/* Starts what does not run. Has anything changed? */
static bool tend(struct ward *w, size_t n)
{
	int status;
	bool changed = false;
	for (size_t i = 0; i < n; i++) {
		if (w[i].proc.pid > 0 && ended(&w[i].proc, &status)) {
			failed(&w[i], status);
			changed = true;
		} else if (w[i].proc.pid <= 0 && log_now_ms() >= w[i].next_ms) {
			begin(&w[i]);
			changed = true;
		}
	}
	return changed;
}

static void end(struct ward *w, size_t n, unsigned ms)
{
	int status;
	uint64_t until = log_now_ms() + ms;
	for (size_t i = 0; i < n; i++)
		proc_ask(&w[i].proc);
	for (size_t i = 0; i < n; i++) {
		while (w[i].proc.pid > 0 && !ended(&w[i].proc, &status) && log_now_ms() < until)
			rest();
		proc_kill(&w[i].proc);
	}
}

static void hand_on_reload(const struct ward *w, size_t n)
{
	bool asked = proc_reload();
	for (size_t i = 0; i < n; i++)
		if (asked && w[i].proc.pid > 0)
			kill(w[i].proc.pid, SIGHUP);
}

/* For `sheaf status`. An archive that cannot be written to has none. */
static void tell(void)
{
	char path[4200];
	struct buf b;
	struct err err;
	buf_init(&b, STATE_MAX);
	buf_fmt(&b, "{\"server\": %d", (int)server);
	for (size_t i = 0; i < KEEPER_ITSELF; i++) {
		struct shared *s = &shared[i];
		if (atomic_load(&s->on))
			buf_fmt(&b, ", \"%s\": {\"running\": %s, \"elsewhere\": %s, \"starts\": %u,"
				" \"failures\": %u, \"last_status\": %d}", names[i],
				atomic_load(&s->running) ? "true" : "false",
				atomic_load(&s->elsewhere) ? "true" : "false",
				atomic_load(&s->starts), atomic_load(&s->failures),
				atomic_load(&s->status));
	}
	buf_str(&b, STR("}\n"));
	snprintf(path, sizeof path, "%s/serve.json", work.archive_dir);
	if (file_replace(path, buf_all(&b), &err) < 0)
		log_line(LOG_DEBUG, "%s", err.text);
	buf_free(&b);
}

static int keep(void)
{
	struct ward wards[2];
	size_t n = 0;
	for (enum keeper_ward i = KEEPER_HARVEST; i < KEEPER_ITSELF; i++)
		if (atomic_load(&shared[i].on))
			wards[n++] = (struct ward){.which = i};
	/* Those of a keeper that was killed are dead. */
	for (size_t i = 0; i < n; i++)
		atomic_store(&shared[wards[i].which].running, false);
	while (!proc_stopped()) {
		if (tend(wards, n))
			tell();
		hand_on_reload(wards, n);
		rest();
	}
	end(wards, n, END_MS);
	return 0;
}

static int keep_keeper(void *arg, int fd)
{
	struct ward w = {.which = KEEPER_ITSELF};
	(void)arg;
	(void)fd;
	proc_catch_stop();
	proc_catch_reload();
	while (!proc_stopped()) {
		tend(&w, 1);
		hand_on_reload(&w, 1);
		rest();
	}
	end(&w, 1, END_MS + 1000);
	return 0;
}

/* ---- in the server ---- */

int keeper_start(const struct keeper_work *what, struct err *err)
{
	shared = mmap(NULL, KEEPER_WARDS * sizeof *shared, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		shared = NULL;
		return err_errno(err, ERR_BROKEN, "cannot share memory");
	}
	work = *what;
	server = getpid();
	atomic_store(&shared[KEEPER_HARVEST].on, work.harvest != NULL);
	atomic_store(&shared[KEEPER_EXPORTS].on, true);
	atomic_store(&shared[KEEPER_ITSELF].on, true);
	return proc_start(&guard, keep_keeper, NULL, err);
}

/* Does the process that keeps the keeper live? One that was killed stays ours to wait for. */
static bool guarded(void)
{
	siginfo_t info = {0};
	return guard.pid > 0 &&
	       waitid(P_PID, (id_t)guard.pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0;
}

void keeper_state(enum keeper_ward which, struct keeper_state *out)
{
	*out = (struct keeper_state){0};
	if (shared == NULL || !atomic_load(&shared[which].on))
		return;
	const struct shared *s = &shared[which];
	out->on = true;
	out->running = atomic_load(&s->running) && atomic_load(&shared[KEEPER_ITSELF].running) &&
		       guarded();
	out->elsewhere = atomic_load(&s->elsewhere);
	out->starts = atomic_load(&s->starts);
	out->failures = atomic_load(&s->failures);
	out->status = atomic_load(&s->status);
}

bool keeper_ails(enum keeper_ward which)
{
	struct keeper_state k;
	keeper_state(which, &k);
	return k.on && !k.running && !k.elsewhere && (k.failures >= FAILURES || !guarded());
}

void keeper_reload(void)
{
	if (guard.pid > 0)
		kill(guard.pid, SIGHUP);
}

void keeper_stop(void)
{
	if (guard.pid <= 0)
		return;
	int status;
	uint64_t until = log_now_ms() + END_MS + 2000;
	proc_ask(&guard);
	while (!ended(&guard, &status) && log_now_ms() < until)
		rest();
	proc_kill(&guard);
	/* The memory stays: a request at work may look at it still. */
	for (size_t i = 0; i < KEEPER_WARDS; i++)
		atomic_store(&shared[i].on, false);
}
