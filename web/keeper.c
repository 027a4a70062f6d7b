#define _GNU_SOURCE
#include "keeper.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "log.h"
#include "proc.h"

enum {
	LOOK_MS = 50,
	END_MS = 6000, /* for what is kept; the server waits longer */
	LONGEST_MS = 60000,
	EXIT_LATER = 75,
	FAILURES = 3, /* so many in a row are no accident */
	BACKGROUND = 10, /* of nice(1) */
	UNKNOWN = -1,
	STATE_MAX = 4096
};

struct shared {
	atomic_bool on, running, elsewhere;
	atomic_uint starts, failures;
	atomic_int status, pid;
	atomic_uint_fast64_t began_ms;
};

struct ward {
	enum keeper_ward which;
	struct proc proc;
	uint64_t next_ms;
};

static const char *const names[KEEPER_WARDS] = {"harvest", "exports", "keeper", "spare keeper"};
static struct shared *shared; /* by enum keeper_ward */
static atomic_bool *stopping; /* behind them */
static struct keeper_work work;
static struct proc first; /* keeper; later ones are no children of the server */
static pid_t server;
static int server_end; /* can be read from when the server is dead, whoever has its number then */

static void rest(void)
{
	nanosleep(&(struct timespec){0, LOOK_MS * 1000000L}, NULL);
}

/* ---- in the keeper's processes ---- */

static int stand_by(void);

static int run_ward(void *arg, int fd)
{
	const struct ward *w = arg;
	(void)fd;
	if (w->which == KEEPER_SPARE)
		return stand_by();
	/* Whoever waits for an answer goes first. */
	setpriority(PRIO_PROCESS, 0, BACKGROUND);
	if (w->which == KEEPER_EXPORTS) {
		prctl(PR_SET_NAME, "sheaf-exports");
		return work.exports(work.arg);
	}
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
	if (now - atomic_load(&s->began_ms) > LONGEST_MS)
		atomic_store(&s->failures, 0);
	unsigned n = atomic_fetch_add(&s->failures, 1) + 1;
	w->next_ms = now + (n > 6 ? LONGEST_MS : 1000u << (n - 1));
	log_line(LOG_WARN, "%s ended (status %d), time %u; it is started again", names[w->which],
		 status, n);
}

static void began(enum keeper_ward which, pid_t pid)
{
	struct shared *s = &shared[which];
	atomic_store(&s->began_ms, log_now_ms());
	atomic_store(&s->pid, pid);
	atomic_fetch_add(&s->starts, 1);
	atomic_store(&s->running, true);
}

static void begin(struct ward *w)
{
	struct err err;
	if (proc_start(&w->proc, run_ward, w, &err) > 0) {
		began(w->which, w->proc.pid);
		return;
	}
	log_line(LOG_ERROR, "%s", err.text);
	atomic_store(&shared[w->which].began_ms, log_now_ms());
	failed(w, 0);
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

static void tell_one(struct buf *b, enum keeper_ward which)
{
	const struct shared *s = &shared[which];
	bool running = atomic_load(&s->running);
	buf_fmt(b, ", \"%s\": {\"running\": %s, \"elsewhere\": %s, \"starts\": %u,"
		" \"failures\": %u, \"last_status\": %d", names[which],
		running ? "true" : "false", atomic_load(&s->elsewhere) ? "true" : "false",
		atomic_load(&s->starts), atomic_load(&s->failures), atomic_load(&s->status));
	if (running)
		buf_fmt(b, ", \"process\": %d", atomic_load(&s->pid));
	buf_str(b, STR("}"));
}

/* For `sheaf status`. An archive that cannot be written to has none. */
static void tell(void)
{
	char path[4200];
	struct buf b;
	struct err err;
	buf_init(&b, STATE_MAX);
	buf_fmt(&b, "{\"server\": %d", (int)server);
	for (enum keeper_ward i = KEEPER_HARVEST; i <= KEEPER_ITSELF; i++)
		if (atomic_load(&shared[i].on))
			tell_one(&b, i);
	buf_str(&b, STR("}\n"));
	snprintf(path, sizeof path, "%s/serve.json", work.archive_dir);
	if (file_replace(path, buf_all(&b), &err) < 0)
		log_line(LOG_DEBUG, "%s", err.text);
	buf_free(&b);
}

static bool server_ended(void)
{
	struct pollfd pf = {server_end, POLLIN, 0};
	return atomic_load(stopping) || poll(&pf, 1, 0) > 0;
}

/* What it keeps once `start_ms` has come. The spare is the first, and there before. */
static int keep(uint64_t start_ms)
{
	struct ward wards[KEEPER_WARDS] = {{.which = KEEPER_SPARE}};
	size_t n = 1, spare = 1;
	prctl(PR_SET_NAME, "sheaf-keeper");
	/* Those of a keeper that was killed are dead. */
	for (enum keeper_ward i = KEEPER_HARVEST; i < KEEPER_ITSELF; i++) {
		atomic_store(&shared[i].running, false);
		if (atomic_load(&shared[i].on))
			wards[n++].which = i;
	}
	atomic_store(&shared[KEEPER_ITSELF].pid, getpid());
	while (!proc_stopped() && !server_ended()) {
		bool early = log_now_ms() < start_ms, changed = tend(wards, spare);
		if (!early && !atomic_load(&shared[KEEPER_ITSELF].running)) {
			began(KEEPER_ITSELF, getpid());
			changed = true;
		}
		if (!early)
			changed |= tend(wards + spare, n - spare);
		if (changed)
			tell();
		hand_on_reload(wards, n);
		rest();
	}
	/* Whoever asks the keeper alone to end, and not the server, is asked by the spare. */
	spare = server_ended() ? 0 : 1;
	end(wards + spare, n - spare, END_MS);
	return 0;
}

/* Not what the server listens at, nor its key. */
static void close_others(void)
{
	if (server_end > 3)
		close_range(3, (unsigned)server_end - 1, 0);
	close_range((unsigned)server_end + 1, ~0U, 0);
}

static int first_keeper(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	close_others();
	proc_catch_stop();
	proc_catch_reload();
	return keep(0);
}

/* Waits for the keeper's end, and becomes it. */
static int stand_by(void)
{
	struct ward keeper = {.which = KEEPER_ITSELF};
	pid_t before = atomic_load(&shared[KEEPER_ITSELF].pid);
	prctl(PR_SET_NAME, "sheaf-spare");
	prctl(PR_SET_PDEATHSIG, 0);
	while (getppid() == before && !proc_stopped() && !server_ended())
		rest();
	if (proc_stopped() || server_ended())
		return 0;
	failed(&keeper, UNKNOWN);
	return keep(keeper.next_ms);
}

/* ---- in the server ---- */

int keeper_start(const struct keeper_work *what, struct err *err)
{
	shared = mmap(NULL, KEEPER_WARDS * sizeof *shared + sizeof *stopping,
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		shared = NULL;
		return err_errno(err, ERR_BROKEN, "cannot share memory");
	}
	stopping = (atomic_bool *)(shared + KEEPER_WARDS);
	work = *what;
	server = getpid();
	server_end = (int)syscall(SYS_pidfd_open, server, 0);
	if (server_end < 0)
		return err_errno(err, ERR_BROKEN, "cannot watch this process");
	for (enum keeper_ward i = KEEPER_HARVEST; i < KEEPER_WARDS; i++)
		atomic_store(&shared[i].on, i != KEEPER_HARVEST || work.harvest);
	if (proc_start(&first, first_keeper, NULL, err) < 0)
		return -1;
	/* Who asks before it has said so itself is told the same. */
	atomic_store(&shared[KEEPER_ITSELF].pid, first.pid);
	return 1;
}

static bool lives(enum keeper_ward which)
{
	return proc_lives(atomic_load(&shared[which].pid));
}

bool keeper_lost(void)
{
	return shared && atomic_load(&shared[KEEPER_ITSELF].on) && !lives(KEEPER_ITSELF) &&
	       !lives(KEEPER_SPARE);
}

void keeper_state(enum keeper_ward which, struct keeper_state *out)
{
	*out = (struct keeper_state){0};
	if (shared == NULL || !atomic_load(&shared[which].on))
		return;
	const struct shared *s = &shared[which];
	out->on = true;
	out->running = atomic_load(&s->running) && lives(KEEPER_ITSELF);
	out->elsewhere = atomic_load(&s->elsewhere);
	out->starts = atomic_load(&s->starts);
	out->failures = atomic_load(&s->failures);
	out->status = atomic_load(&s->status);
}

bool keeper_ails(enum keeper_ward which)
{
	struct keeper_state k;
	keeper_state(which, &k);
	return k.on && !k.running && !k.elsewhere && (k.failures >= FAILURES || keeper_lost());
}

static void pass_on(enum keeper_ward which, int sig)
{
	if (lives(which))
		kill(atomic_load(&shared[which].pid), sig);
}

void keeper_reload(void)
{
	if (shared)
		pass_on(KEEPER_ITSELF, SIGHUP);
}

void keeper_stop(void)
{
	uint64_t until = log_now_ms() + END_MS + 2000;
	if (shared == NULL)
		return;
	atomic_store(stopping, true);
	pass_on(KEEPER_ITSELF, SIGTERM);
	while ((lives(KEEPER_ITSELF) || lives(KEEPER_SPARE)) && log_now_ms() < until)
		rest();
	pass_on(KEEPER_ITSELF, SIGKILL);
	pass_on(KEEPER_SPARE, SIGKILL);
	proc_kill(&first);
	close(server_end);
	/* The memory stays: a request at work may look at it still. */
	for (size_t i = 0; i < KEEPER_WARDS; i++)
		atomic_store(&shared[i].on, false);
}
