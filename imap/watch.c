#define _GNU_SOURCE
#include "watch.h"

#include "account.h"
#include "accountstate.h"
#include "file.h"
#include "intake.h"
#include "log.h"
#include "proc.h"
#include "throttle.h"

#include <errno.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define CHILD_TIMEOUT_MS 60000 /* for a child to send the rest of a message it has */
#define QUICK_MS 50            /* how often to look round while something goes on */
#define SLOW_MS 500
#define COMMIT_MS 200
#define END_MS 4000            /* for the children to end in order */
#define SAVE_MS 1000           /* the state is written at most so often */
#define IDLE_MS 300            /* so long after the last mail the archive is given up */
#define WAIT_MS 100            /* between two tries to get it again */
#define INDEX_REST_MS 10000    /* the longest rest between two runs of the indexer */

struct seat {
	struct proc proc;
	struct intake intake;
	struct harvest_result result;
	uint64_t start_at;   /* when the next child is started */
	bool started;        /* intake is in use */
};

struct indexing {
	struct proc proc;
	uint64_t stored;     /* messages when it began */
	uint64_t began, next;
	unsigned failures;
};

enum ending { NOT_ENDING, ENDING_RELOAD, ENDING_STOP };

struct watch {
	const char *dir;
	struct archive *ar;                  /* NULL: nothing to write, or somebody else writes */
	uint64_t used;                       /* when it was last needed */
	uint64_t try_at;                     /* somebody else writes: not before */
	int lock;                            /* of watch.lock */
	const struct watch_hooks *hooks;
	struct arena conf, coming;           /* of the configuration; of the one after a HUP */
	struct harvest_account *accounts, *next_accounts;
	size_t n, n_next;
	struct seat *seats;
	struct pollfd *polls;                /* seats, the indexer, the merger */
	int64_t run;
	enum ending ending;
	uint64_t end_by;
	struct indexing index;
	struct proc merge;
	uint64_t stored;                     /* messages so far, and 1 for what was there before */
	struct accountstate state;
	bool state_changed;
	uint64_t saved_at;
};

/* ---- time ---- */

/* A quarter more or less, so that not all come back at once. */
static uint64_t jitter(uint64_t ms)
{
	uint32_t chance = 0;
	if (RAND_bytes((unsigned char *)&chance, sizeof chance) != 1)
		chance = (uint32_t)log_now_ms();
	return ms - ms / 4 + chance % (ms / 2 + 1);
}

/* How long to wait after so many failures in a row. */
static uint64_t rest(const struct err *why, unsigned failures)
{
	bool denied = why->kind == ERR_DENIED;
	uint64_t first = denied ? 60000 : 1000, most = denied ? 3600000 : 900000;
	uint64_t asked = throttle_wait(str_of(why->text));
	uint64_t ms = first << (failures < 12 ? failures : 12);
	return jitter(asked ? asked : ms < most ? ms : most);
}

/* ---- the archive ---- */

/* 1; 0 somebody else writes to it; -1. */
static int awake(struct watch *w, struct err *err)
{
	struct err held = {0};
	uint64_t now = log_now_ms();
	if (w->ar == NULL && now < w->try_at)
		return 0;
	bool open = w->ar != NULL;
	if (!open && archive_open(&w->ar, w->dir, ARCHIVE_WRITE, &held) < 0) {
		if (held.kind != ERR_LATER) {
			*err = held;
			return -1;
		}
		if (w->try_at == 0)
			log_line(LOG_INFO, "waiting: %s", held.text);
		w->try_at = now + WAIT_MS;
		return 0;
	}
	if (!open && intake_modest(w->ar, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n; i++)
		w->seats[i].intake.ar = w->ar;
	w->try_at = 0;
	w->used = now;
	return 1;
}

static int commit(struct watch *w, struct err *err)
{
	return w->ar ? archive_commit(w->ar, err) : 1;
}

/* Other writers get their turn. 1 or -1. */
static int sleep_soon(struct watch *w, struct err *err)
{
	if (w->ar == NULL)
		return 1;
	for (size_t i = 0; i < w->n; i++)
		if (w->seats[i].started && w->seats[i].intake.epoch.id)
			return 1;
	if (log_now_ms() - w->used < IDLE_MS)
		return 1;
	for (size_t i = 0; i < w->n; i++)
		rebind_close(&w->seats[i].intake.rebind);
	if (archive_commit(w->ar, err) < 0)
		return -1;
	archive_close(&w->ar);
	return 1;
}

/* ---- state ---- */

static struct accountstate_entry *entry(struct watch *w, size_t i)
{
	w->state_changed = true;
	return accountstate_at(&w->state, w->accounts[i].name);
}

static void save(struct watch *w, bool now)
{
	struct err err;
	uint64_t t = log_now_ms();
	if (!now && (!w->state_changed || t - w->saved_at < SAVE_MS))
		return;
	if (accountstate_save(w->dir, &w->state, &err) < 0)
		log_line(LOG_WARN, "%s", err.text);
	w->saved_at = t;
	w->state_changed = false;
}

/* ---- children ---- */

struct start {
	const struct watch *w;
	size_t i;
};

/* The parents' ends of other children are none of this child's business. */
static void close_others(const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->seats[i].proc.fd >= 0)
			close(w->seats[i].proc.fd);
	if (w->index.proc.fd >= 0)
		close(w->index.proc.fd);
	if (w->merge.fd >= 0)
		close(w->merge.fd);
	close(w->lock);
}

static int child(void *arg, int fd)
{
	const struct start *s = arg;
	struct feed feed;
	close_others(s->w);
	feed_init(&feed, fd, 0);
	int status = account_run(&s->w->accounts[s->i], s->w->dir, &feed);
	feed_free(&feed);
	return status;
}

static int start_one(struct watch *w, size_t i, struct err *err)
{
	struct seat *s = &w->seats[i];
	struct start start = {w, i};
	if (commit(w, err) < 0 || proc_start(&s->proc, child, &start, err) < 0)
		return -1;
	s->result = (struct harvest_result){0};
	s->intake = (struct intake){.ar = w->ar, .run = &w->run, .result = &s->result,
				    .ac = &w->accounts[i]};
	feed_init(&s->intake.feed, s->proc.fd, CHILD_TIMEOUT_MS);
	s->started = true;
	entry(w, i)->phase = ACCOUNTSTATE_WORKING;
	return 1;
}

/* Its child ended, or must. */
static void dismiss(struct watch *w, size_t i, const struct err *nonsense)
{
	struct seat *s = &w->seats[i];
	struct accountstate_entry *e = entry(w, i);
	struct err why = s->result.err;
	if (nonsense)
		proc_kill(&s->proc);
	int status = nonsense ? 0 : proc_wait(&s->proc);
	if (nonsense)
		why = *nonsense;
	else if (!s->intake.done)
		err_set(&why, ERR_LATER, "the harvesting process ended early (status %d)", status);
	intake_free(&s->intake);
	s->started = false;
	e->phase = ACCOUNTSTATE_OFF;
	if (w->ending)
		return;
	int64_t until = s->result.until, now = (int64_t)time(NULL);
	if (until > now && why.kind == ERR_NONE) {
		s->start_at = log_now_ms() + (uint64_t)(until - now + 1) * 1000;
		accountstate_rest(e, s->result.rest, until);
		log_line(LOG_INFO, "account '%.*s': %s: next try in %lld s", STR_ARG(e->name),
			 s->result.rest, (long long)(until - now));
		return;
	}
	if (why.kind == ERR_NONE)
		err_set(&why, ERR_LATER, "the harvesting process ended");
	uint64_t ms = until > now ? (uint64_t)(until - now + 1) * 1000 : rest(&why, e->failures);
	s->start_at = log_now_ms() + ms;
	accountstate_bad(e, why.text, (int64_t)(ms + 999) / 1000);
	e->phase = ACCOUNTSTATE_FAILING;
	log_line(LOG_WARN, "account '%.*s': %s: next try in %llu s", STR_ARG(e->name), why.text,
		 (unsigned long long)(ms + 999) / 1000);
}

/* All mailboxes were looked into. */
static void on_whole(struct watch *w, size_t i)
{
	struct harvest_result *r = &w->seats[i].result;
	struct accountstate_entry *e = entry(w, i);
	char problem[120] = "";
	if (r->mailboxes_failed || r->failed || r->waiting)
		snprintf(problem, sizeof problem, "%u mailboxes failed, %llu messages wait for "
			 "another try", r->mailboxes_failed,
			 (unsigned long long)(r->failed + r->waiting));
	accountstate_good(e, problem);
	e->phase = ACCOUNTSTATE_WATCHING;
	log_line(LOG_INFO, "account '%.*s': %llu fetched so far", STR_ARG(e->name),
		 (unsigned long long)r->fetched);
	r->mailboxes = r->mailboxes_failed = 0;
	r->failed = r->waiting = 0;
}

/* How far it is: only what changed is written. */
static void note_progress(struct watch *w, size_t i)
{
	const struct seat *s = &w->seats[i];
	const struct intake *in = &s->intake;
	struct accountstate_entry *e = accountstate_at(&w->state, w->accounts[i].name);
	if (e->fetched == s->result.fetched && e->left == in->planned)
		return;
	accountstate_progress(e, s->result.fetched, in->planned,
			      in->epoch.id && in->planned ? in->epoch.mailbox : STR(""));
	w->state_changed = true;
}

/* What a child sent. 1; -1 the archive failed. */
static int serve(struct watch *w, size_t i, struct err *err)
{
	struct seat *s = &w->seats[i];
	struct intake *in = &s->intake;
	struct err why = {0};
	uint64_t before = s->result.stored;
	int r = intake_read(in, &why);
	w->stored += s->result.stored - before;
	if (r < 0 && in->archive_failed) {
		*err = why;
		return -1;
	}
	if (in->round && commit(w, err) < 0)
		return -1;
	note_progress(w, i);
	if (in->whole)
		on_whole(w, i);
	in->round = in->whole = false;
	if (r < 1)
		dismiss(w, i, r < 0 ? &why : NULL);
	return 1;
}

static int start_due(struct watch *w, struct err *err)
{
	uint64_t now = log_now_ms();
	for (size_t i = 0; i < w->n; i++)
		if (!w->seats[i].started && w->seats[i].start_at <= now &&
		    start_one(w, i, err) < 0)
			return -1;
	return 1;
}

/* ---- the index ---- */

static int index_child(void *arg, int fd)
{
	const struct watch *w = arg;
	struct err err = {0};
	(void)fd;
	close_others(w);
	if (w->hooks->index(w->hooks->arg, &err) == 1)
		return 0;
	if (err.kind != ERR_LATER)
		log_line(LOG_WARN, "%s", err.text);
	return 1;
}

static int index_begin(struct watch *w, struct err *err)
{
	struct indexing *x = &w->index;
	uint64_t now = log_now_ms();
	if (w->hooks->index == NULL || x->proc.pid || w->ending || now < x->next ||
	    x->stored == w->stored)
		return 1;
	if (commit(w, err) < 0 || proc_start(&x->proc, index_child, w, err) < 0)
		return -1;
	x->stored = w->stored;
	x->began = now;
	return 1;
}

static int merge_child(void *arg, int fd)
{
	const struct watch *w = arg;
	struct err err = {0};
	(void)fd;
	close_others(w);
	if (w->hooks->merge(w->hooks->arg, &err) < 0)
		log_line(LOG_WARN, "%s", err.text);
	return 0;
}

/* After each run of the indexer there may be something to join. */
static int merge_begin(struct watch *w, struct err *err)
{
	if (w->hooks->merge == NULL || w->merge.pid || w->ending)
		return 1;
	return proc_start(&w->merge, merge_child, w, err);
}

/* It rests as long as it worked, so that fetching gets its turn; after a failure, longer. */
static void index_end(struct watch *w)
{
	struct indexing *x = &w->index;
	int status = proc_wait(&x->proc);
	uint64_t now = log_now_ms(), ms = now - x->began;
	x->failures = status ? x->failures + 1 : 0;
	if (status) {
		x->stored = w->stored ? w->stored - 1 : 1; /* there is still something to do */
		ms = 500ull << (x->failures < 8 ? x->failures : 8);
	}
	x->next = now + (ms < INDEX_REST_MS || status ? ms : INDEX_REST_MS);
}

/* ---- beginning and end ---- */

static void seat_all(struct watch *w)
{
	w->seats = err_alloc((w->n + 1) * sizeof *w->seats);
	w->polls = err_alloc((w->n + 2) * sizeof *w->polls);
	for (size_t i = 0; i < w->n; i++) {
		w->seats[i].proc.fd = -1;
		w->accounts[i].watch = true;
	}
}

/* Asks all children to end. */
static void end_begin(struct watch *w, enum ending why)
{
	if (w->ending == NOT_ENDING) {
		for (size_t i = 0; i < w->n; i++)
			proc_ask(&w->seats[i].proc);
		w->end_by = log_now_ms() + END_MS;
	}
	if (why == ENDING_STOP)
		proc_ask(&w->index.proc);
	if (why == ENDING_STOP)
		proc_ask(&w->merge);
	w->ending = why;
}

static void reload(struct watch *w)
{
	struct err err;
	arena_reset(&w->coming);
	if (w->hooks->accounts(w->hooks->arg, &w->coming, &w->next_accounts, &w->n_next, &err) < 0)
		log_line(LOG_ERROR, "%s: going on as before", err.text);
	else
		end_begin(w, ENDING_RELOAD);
}

static bool all_ended(const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->seats[i].started)
			return false;
	return w->ending == ENDING_RELOAD || (w->index.proc.pid == 0 && w->merge.pid == 0);
}

static void kill_all(struct watch *w)
{
	struct err late;
	err_set(&late, ERR_LATER, "did not end in time");
	for (size_t i = 0; i < w->n; i++)
		if (w->seats[i].started)
			dismiss(w, i, &late);
	if (w->ending == ENDING_RELOAD)
		return;
	proc_kill(&w->index.proc);
	proc_kill(&w->merge);
}

/* The new configuration's accounts take their seats. */
static void turn_over(struct watch *w)
{
	struct arena old = w->conf;
	w->conf = w->coming;
	w->coming = old;
	arena_reset(&w->coming);
	free(w->seats);
	free(w->polls);
	w->accounts = w->next_accounts;
	w->n = w->n_next;
	seat_all(w);
	w->ending = NOT_ENDING;
	log_line(LOG_INFO, "the configuration was read: %zu accounts", w->n);
}

/* Signals. 1 go on; 0 it is over. */
static int obey(struct watch *w)
{
	if (proc_stopped() && w->ending != ENDING_STOP)
		end_begin(w, ENDING_STOP);
	else if (w->ending == NOT_ENDING && proc_reload())
		reload(w);
	if (w->ending == NOT_ENDING)
		return 1;
	if (log_now_ms() >= w->end_by)
		kill_all(w);
	if (!all_ended(w))
		return 1;
	if (w->ending == ENDING_STOP)
		return 0;
	turn_over(w);
	return 1;
}

/* Takes what the children sent. 1 or -1. */
static int serve_all(struct watch *w, struct err *err)
{
	for (size_t i = 0; i < w->n; i++) {
		if (!w->seats[i].started || (!w->polls[i].revents && !w->seats[i].intake.more))
			continue;
		int r = awake(w, err);
		if (r < 0 || (r > 0 && serve(w, i, err) < 0))
			return -1;
	}
	return 1;
}

/* Takes note of indexers and mergers that are done. 1 or -1. */
static int index_ended(struct watch *w, struct err *err)
{
	if (w->merge.pid && w->polls[w->n + 1].revents)
		proc_wait(&w->merge);
	if (w->index.proc.pid == 0 || w->polls[w->n].revents == 0)
		return 1;
	index_end(w);
	return merge_begin(w, err);
}

/* Waits for something to do, and does it. 1 or -1. */
static int step(struct watch *w, struct err *err)
{
	bool busy = w->ending || w->index.proc.pid || w->index.stored != w->stored || w->ar;
	bool more = false; /* some of what a child sent is here already */
	if (w->try_at && awake(w, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		int fd = w->try_at ? -1 : w->seats[i].proc.fd;
		w->polls[i] = (struct pollfd){fd, POLLIN, 0};
		busy |= w->seats[i].started && w->seats[i].intake.epoch.id;
		more |= w->try_at == 0 && w->seats[i].started && w->seats[i].intake.more;
	}
	w->polls[w->n] = (struct pollfd){w->index.proc.pid ? w->index.proc.fd : -1, POLLIN, 0};
	w->polls[w->n + 1] = (struct pollfd){w->merge.pid ? w->merge.fd : -1, POLLIN, 0};
	if (poll(w->polls, w->n + 2, more ? 0 : busy ? QUICK_MS : SLOW_MS) < 0) {
		if (errno == EINTR)
			return 1;
		return err_errno(err, ERR_BROKEN, "cannot wait for the harvest");
	}
	if (serve_all(w, err) < 0)
		return -1;
	if (index_ended(w, err) < 0 || (w->ar && archive_tick(w->ar, COMMIT_MS, err) < 0) ||
	    sleep_soon(w, err) < 0)
		return -1;
	save(w, false);
	return index_begin(w, err);
}

static int loop(struct watch *w, struct err *err)
{
	while (obey(w))
		if ((w->ending == NOT_ENDING && start_due(w, err) < 0) || step(w, err) < 0)
			return -1;
	return commit(w, err);
}

/* One watcher for each archive. 1 or -1. */
static int alone(struct watch *w, struct err *err)
{
	char path[4096];
	if (snprintf(path, sizeof path, "%s/watch.lock", w->dir) >= (int)sizeof path)
		return err_set(err, ERR_INPUT, "the name of the archive is too long");
	return file_lock(path, &w->lock, err);
}

static int watch(struct watch *w, struct err *err)
{
	const struct watch_hooks *hooks = w->hooks;
	struct err ignored;
	int r = hooks->accounts(hooks->arg, &w->conf, &w->accounts, &w->n, err);
	if (r == 1) {
		seat_all(w);
		accountstate_load(w->dir, &w->state, &ignored);
		for (size_t i = 0; i < w->state.n; i++)
			w->state.list[i].phase = ACCOUNTSTATE_OFF;
		w->state.watcher = getpid();
		save(w, true);
		r = loop(w, err);
		w->ending = ENDING_STOP;
		kill_all(w);
		w->state.watcher = 0;
		save(w, true);
	}
	accountstate_free(&w->state);
	arena_free(&w->conf);
	arena_free(&w->coming);
	free(w->seats);
	free(w->polls);
	return r;
}

int watch_run(const char *dir, const struct watch_hooks *hooks, struct err *err)
{
	struct watch w = {.dir = dir, .hooks = hooks, .stored = 1, .index.proc.fd = -1,
			  .merge.fd = -1};
	if (alone(&w, err) < 0)
		return -1;
	int r = watch(&w, err);
	archive_close(&w.ar);
	flock(w.lock, LOCK_UN); /* children may still have it */
	close(w.lock);
	return r;
}
