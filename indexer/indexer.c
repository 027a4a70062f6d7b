#define _GNU_SOURCE
#include "indexer.h"

#include "archive.h"
#include "file.h"
#include "live.h"
#include "log.h"
#include "merger.h"
#include "proc.h"
#include "segdir.h"
#include "threader.h"
#include "trainer.h"
#include "worker.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define DEFAULT_RUN 20000
#define DEFAULT_MEMORY ((size_t)256 << 20)
#define MAX_WORKERS 64
/* A segment of fewer messages is not worth a second worker. */
#define LEAST_RUN 256
/* What a message costs beside its bytes, in bytes. */
#define MESSAGE_COST 2000
/* Who sweeps has every duty for a moment, and an update after little mail is soon done. */
#define TAKE_MS 2000
/* How long a rebuild waits for an updater to end, and for a merge to see that it is in vain. */
#define UPDATE_WAIT_MS (24 * 3600 * (uint64_t)1000)
#define MERGE_WAIT_MS 60000

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE };

struct job {
	struct current_run run;
	bool quarantine;
	enum job_state state;
	struct job *next; /* the jobs form a list in order of message numbers */
};

struct indexer {
	const char *dir;
	struct indexer_options o;
	struct archive *ar;
	struct arena a;
	struct current c;           /* what is published, or will be */
	struct str older;           /* rebuild: the generation in use, "" none */
	bool rebuild;               /* the whole is published at the end, else each step */
	uint64_t goal, planned;     /* last number to cover; covered or in a job */
	struct job *first, *last;   /* jobs that are not yet in c */
	struct proc procs[MAX_WORKERS];
	struct job *running[MAX_WORKERS];
	struct worker_report *reports; /* shared with the workers */
	struct log_progress progress;
	struct indexer_result *result;
};

/* ---- planning ---- */

static void add_job(struct indexer *x, uint64_t last)
{
	struct job *j = arena_alloc(&x->a, sizeof *j);
	j->run = (struct current_run){x->planned + 1, last};
	if (x->last)
		x->last->next = j;
	else
		x->first = j;
	x->last = j;
	x->planned = last;
}

/* Cuts what is left into pieces of about as many bytes each, so that all workers end together. */
static int plan_by_bytes(struct indexer *x, unsigned pieces, struct err *err)
{
	uint64_t from = x->planned + 1, n = x->goal - x->planned, total = 0, sum = 0;
	uint64_t *sizes = err_alloc(n * sizeof *sizes);
	int r = 1;
	for (uint64_t i = 0; i < n && r == 1; i++) {
		struct archive_msg m = {0};
		r = archive_find(x->ar, from + i, &m, err);
		if (r == 0)
			r = err_set(err, ERR_BROKEN,
				    "message %" PRIu64 " is missing in the archive", from + i);
		sizes[i] = m.size + MESSAGE_COST;
		total += sizes[i];
	}
	for (uint64_t i = 0, piece = 1; i < n && r == 1; i++) {
		sum += sizes[i];
		if (sum * pieces >= total * piece || i + 1 == n) {
			add_job(x, from + i);
			piece++;
		}
	}
	free(sizes);
	return r;
}

/* Adds at least one job to the list. 1; 0 everything is planned; -1. */
static int plan(struct indexer *x, struct err *err)
{
	uint64_t left = x->goal - x->planned;
	uint64_t pieces = left / LEAST_RUN;
	if (left == 0)
		return 0;
	if (pieces > x->o.workers)
		pieces = x->o.workers;
	if (pieces > 1 && left <= pieces * x->o.run)
		return plan_by_bytes(x, (unsigned)pieces, err);
	add_job(x, left < x->o.run ? x->goal : x->planned + x->o.run);
	return 1;
}

/* ---- workers ---- */

struct work {
	const struct indexer *x;
	struct worker_job job;
};

static void confine(const struct indexer *x, struct err *err)
{
	struct rlimit none = {0, 0}; /* a core file would hold mail */
	setrlimit(RLIMIT_CORE, &none);
	proc_limit_memory(x->o.memory, err);
}

static int work(void *arg, int fd)
{
	struct work *w = arg;
	struct err *err = &w->job.report->err;
	(void)fd;
	confine(w->x, err);
	return worker_build(&w->job, err) == 1 ? 0 : WORKER_GAVE_UP;
}

static int start_worker(struct indexer *x, unsigned i, struct job *j, struct err *err)
{
	struct work w = {x, {.archive_dir = x->dir, .generation = x->c.generation, .run = j->run,
			     .quarantine = j->quarantine, .closed = x->c.closed,
			     .ocr = x->c.ocr,
			     .older = x->older, .retry = x->o.retry,
			     .report = &x->reports[i]}};
	x->reports[i] = (struct worker_report){0};
	if (proc_start(&x->procs[i], work, &w, err) < 0)
		return -1;
	j->state = JOB_RUNNING;
	x->running[i] = j;
	return 1;
}

static struct job *waiting_job(struct indexer *x)
{
	struct job *j = x->first;
	while (j && j->state != JOB_WAITING)
		j = j->next;
	return j;
}

/* Gives every idle worker a job. 1: some are running; 0: none; -1. */
static int start_workers(struct indexer *x, struct err *err)
{
	int running = 0;
	for (unsigned i = 0; i < x->o.workers; i++) {
		struct job *j = NULL;
		if (x->procs[i].pid == 0 && (j = waiting_job(x)) == NULL) {
			if (plan(x, err) < 0)
				return -1;
			j = waiting_job(x);
		}
		if (j && start_worker(x, i, j, err) < 0)
			return -1;
		running |= x->procs[i].pid > 0;
	}
	return running;
}

static void insert_job(struct indexer *x, struct job *after, uint64_t first, uint64_t last)
{
	struct job *j = arena_alloc(&x->a, sizeof *j);
	*j = (struct job){.run = {first, last}, .next = after->next};
	after->next = j;
	if (x->last == after)
		x->last = j;
}

/* Cuts the run of a dead worker so that the message it died on stands alone; when the worker does
 * not say, in halves. A message that kills its worker alone is quarantined. */
static int isolate(struct indexer *x, struct job *j, uint64_t at, struct err *err)
{
	struct current_run run = j->run;
	j->state = JOB_WAITING;
	if (run.first == run.last) {
		if (j->quarantine)
			return err_set(err, ERR_BROKEN, "message %" PRIu64 " cannot be indexed",
				       run.first);
		log_line(LOG_WARN, "message %" PRIu64 " is quarantined: it kills its index worker",
			 run.first);
		j->quarantine = true;
		x->result->quarantined++;
		return 1;
	}
	if (at < run.first || at > run.last) {
		j->run.last = run.first + (run.last - run.first) / 2;
		insert_job(x, j, j->run.last + 1, run.last);
		return 1;
	}
	if (at < run.last)
		insert_job(x, j, at + 1, run.last);
	if (at > run.first)
		insert_job(x, j, at, at);
	j->run.last = at > run.first ? at - 1 : at;
	return 1;
}

static int worker_ended(struct indexer *x, unsigned i, struct err *err)
{
	int status = proc_wait(&x->procs[i]);
	struct job *j = x->running[i];
	const struct worker_report *rep = &x->reports[i];
	x->running[i] = NULL;
	if (status == 0) {
		j->state = JOB_DONE;
		return 1;
	}
	if (status == WORKER_GAVE_UP) {
		*err = rep->err;
		return -1;
	}
	log_line(LOG_INFO, "index worker for %" PRIu64 "-%" PRIu64 " died at %" PRIu64 " (%s %d)",
		 j->run.first, j->run.last, rep->at, status > 256 ? "signal" : "status",
		 status > 256 ? status - 256 : status);
	return isolate(x, j, rep->at, err);
}

/* ---- the dictionaries ---- */

struct training {
	const struct indexer *x;
	char dir[4000];
};

static int train(void *arg, int fd)
{
	const struct training *t = arg;
	const struct indexer *x = t->x;
	struct err *err = &x->reports[0].err;
	(void)fd;
	confine(x, err);
	struct current_run run = {x->planned + 1, x->goal};
	return trainer_run(x->dir, run, t->dir, err) >= 0 ? 0 : WORKER_GAVE_UP;
}

static bool is_there(const char *dir, const char *name)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	return n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0;
}

/* A generation without them gets its dictionaries as soon as there is enough to learn from. That
 * they cannot be made costs space, never answers. */
static int make_dictionaries(struct indexer *x, struct err *err)
{
	struct training t = {.x = x};
	struct proc p;
	int n = snprintf(t.dir, sizeof t.dir, "%s/index/%.*s", x->dir, STR_ARG(x->c.generation));
	if (n < 0 || (size_t)n >= sizeof t.dir)
		return err_set(err, ERR_INPUT, "path too long");
	if (x->goal - x->planned < TRAINER_LEAST)
		return 1;
	if (file_mkdirs(t.dir, err) < 0)
		return -1;
	if (is_there(t.dir, TRAINER_RECORDS) && is_there(t.dir, TRAINER_HEADERS))
		return 1;
	x->reports[0].err.text[0] = '\0';
	if (proc_start(&p, train, &t, err) < 0)
		return -1;
	int status = proc_wait(&p);
	if (status != 0)
		log_line(LOG_WARN, "records go without a dictionary (%d): %s", status,
			 x->reports[0].err.text);
	return 1;
}

/* ---- publishing ---- */

/* Takes the finished jobs at the head of the list into the index. */
static int publish_done(struct indexer *x, struct err *err)
{
	struct current_run *runs = NULL;
	size_t n = 0;
	for (; x->first && x->first->state == JOB_DONE; x->first = x->first->next) {
		runs = arena_grow(&x->a, runs, n, sizeof *runs);
		runs[n++] = x->first->run;
		x->result->indexed += x->first->run.last - x->first->run.first + 1;
	}
	if (x->first == NULL)
		x->last = NULL;
	if (n && !x->rebuild)
		return live_append(x->dir, &x->a, &x->c, runs, n, err);
	for (size_t i = 0; i < n; i++) {
		x->c.runs = arena_grow(&x->a, x->c.runs, x->c.n, sizeof *x->c.runs);
		x->c.runs[x->c.n++] = runs[i];
	}
	return 1;
}

static void show_progress(struct indexer *x)
{
	uint64_t done = x->result->indexed;
	for (const struct job *j = x->first; j; j = j->next)
		if (j->state == JOB_DONE)
			done += j->run.last - j->run.first + 1;
	for (unsigned i = 0; i < x->o.workers; i++)
		if (x->running[i] && x->reports[i].at > x->running[i]->run.first)
			done += x->reports[i].at - x->running[i]->run.first;
	if (x->o.progress)
		log_step(&x->progress, done);
}

/* Sleeps until a worker ends, or a moment has passed. */
static int wait_workers(struct indexer *x, struct err *err)
{
	struct pollfd pf[MAX_WORKERS];
	for (unsigned i = 0; i < x->o.workers; i++)
		pf[i] = (struct pollfd){x->procs[i].pid > 0 ? x->procs[i].fd : -1, POLLIN, 0};
	poll(pf, x->o.workers, 200);
	for (unsigned i = 0; i < x->o.workers; i++)
		if (x->procs[i].pid > 0 && pf[i].revents && worker_ended(x, i, err) < 0)
			return -1;
	if (proc_stopped())
		return err_set(err, ERR_LATER, x->rebuild
			? "stopped: the index is the one from before; a reindex begins anew"
			: "stopped before the index was complete: sheaf index goes on with it");
	return 1;
}

static int build_all(struct indexer *x, struct err *err)
{
	int r;
	while ((r = start_workers(x, err)) == 1) {
		if (wait_workers(x, err) < 0 || publish_done(x, err) < 0)
			r = -1;
		show_progress(x);
		if (r < 0)
			break;
	}
	for (unsigned i = 0; i < x->o.workers; i++)
		proc_kill(&x->procs[i]);
	return r;
}

/* ---- threads ---- */

static int thread_child(void *arg, int fd)
{
	const struct indexer *x = arg;
	struct err *err = &x->reports[0].err;
	char path[4096];
	(void)fd;
	confine(x, err);
	snprintf(path, sizeof path, "%s/index/%.*s", x->dir, STR_ARG(x->c.generation));
	return threader_run(x->dir, path, current_last(&x->c), err) == 1 ? 0 : WORKER_GAVE_UP;
}

/* Beside what the caller does meanwhile. 1 or -1. */
static int begin_threads(struct indexer *x, struct proc *p, struct err *err)
{
	x->reports[0].err.text[0] = '\0';
	return x->c.n ? proc_start(p, thread_child, x, err) : 1;
}

/* Threads are for comfort: that they cannot be brought up to date costs no answer, is reported
 * and tried again another time. */
static void end_threads(struct indexer *x, struct proc *p)
{
	int status = p->pid > 0 ? proc_wait(p) : 0;
	if (status != 0)
		log_line(LOG_WARN, "cannot bring the threads up to date (%d): %s", status,
			 x->reports[0].err.text);
}

/* ---- the front door ---- */

/* What is known of attachments is taken over; a list that cannot be read tells of nothing. */
static int new_generation(struct indexer *x, struct err *err)
{
	struct current old;
	struct err ignored;
	if (current_load(&x->a, x->dir, &old, &ignored) > 0)
		x->older = old.generation;
	x->c.closed = x->o.closed;
	x->c.ocr = arena_str(&x->a, str_of(x->o.ocr));
	return segdir_new_generation(&x->a, x->dir, &x->c.generation, err);
}

static int set_up(struct indexer *x, struct err *err)
{
	size_t bytes = MAX_WORKERS * sizeof *x->reports;
	void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_errno(err, ERR_BROKEN, "cannot map shared memory");
	x->reports = shared;
	if (archive_open(&x->ar, x->dir, ARCHIVE_READ, err) < 0 ||
	    archive_last(x->ar, &x->goal, err) < 0)
		return -1;
	int r = x->rebuild ? 0 : current_load(&x->a, x->dir, &x->c, err);
	if (r < 0)
		return -1;
	if (r == 0 && x->goal == 0 && !x->rebuild)
		return 1;
	if (r == 0)
		return new_generation(x, err);
	if (x->c.closed != x->o.closed)
		log_line(LOG_INFO, "sheaf.conf now says attachments = %s: sheaf reindex follows it",
			 x->o.closed ? "no" : "yes");
	if (!str_eq(x->c.ocr, str_of(x->o.ocr)))
		log_line(LOG_INFO, "sheaf.conf now says ocr = %s: sheaf reindex follows it",
			 x->o.ocr);
	x->planned = current_last(&x->c);
	if (x->planned > x->goal)
		return err_set(err, ERR_BROKEN,
			       "the index covers more messages than the archive holds: reindex");
	return live_sweep(x->dir, 1u << LIVE_UPDATE, err);
}

static int build(struct indexer *x, struct err *err)
{
	log_begin(&x->progress, "index", x->goal - x->planned);
	int r = make_dictionaries(x, err);
	if (r >= 0)
		r = build_all(x, err);
	if (x->o.progress)
		log_end(&x->progress);
	return r;
}

static int update(struct indexer *x, struct err *err)
{
	struct proc threads = {0};
	int r = set_up(x, err);
	if (r >= 0)
		r = build(x, err);
	x->result->last = current_last(&x->c);
	if (r >= 0)
		r = begin_threads(x, &threads, err);
	if (r >= 0)
		r = merger_run(x->dir, MERGE_TAIL, x->o.memory, err);
	end_threads(x, &threads);
	if (r < 0)
		return -1;
	if (x->c.n > 0 && live_sweep(x->dir, 1u << LIVE_UPDATE, err) < 0)
		return -1;
	return x->result->indexed > 0;
}

/* Mail goes on arriving, and is indexed where it is searched. The new generation takes up what is
 * there, until little is left; the rest while the updater waits. */
static int build_beside(struct indexer *x, int *updating, struct err *err)
{
	do {
		if (build(x, err) < 0 || archive_last(x->ar, &x->goal, err) < 0)
			return -1;
	} while (x->goal - x->planned > LEAST_RUN);
	if (live_take(x->dir, LIVE_UPDATE, UPDATE_WAIT_MS, updating, err) < 0 ||
	    archive_last(x->ar, &x->goal, err) < 0)
		return -1;
	return build(x, err);
}

/* Nothing of the old generation is left, nor of a merge within it, which ends by itself. */
static int change_over(struct indexer *x, struct err *err)
{
	int merging;
	if (live_switch(x->dir, &x->c, err) < 0 ||
	    live_take(x->dir, LIVE_MERGE, MERGE_WAIT_MS, &merging, err) < 0)
		return -1;
	int r = live_sweep(x->dir, 1u << LIVE_UPDATE | 1u << LIVE_REBUILD | 1u << LIVE_MERGE, err);
	close(merging);
	return r;
}

static int rebuild(struct indexer *x, struct err *err)
{
	int updating = -1;
	struct proc threads = {0};
	int r = set_up(x, err);
	if (r >= 0)
		r = build_beside(x, &updating, err);
	if (r >= 0)
		r = begin_threads(x, &threads, err);
	end_threads(x, &threads);
	if (r >= 0)
		r = change_over(x, err);
	if (r >= 0)
		r = merger_run(x->dir, MERGE_TAIL, x->o.memory, err);
	if (updating >= 0)
		close(updating);
	x->result->last = r >= 0 ? current_last(&x->c) : 0;
	return r < 0 ? -1 : x->result->indexed > 0;
}

static void defaults(struct indexer_options *o)
{
	if (o->workers == 0)
		o->workers = proc_cores();
	if (o->workers > MAX_WORKERS)
		o->workers = MAX_WORKERS;
	if (o->run == 0)
		o->run = DEFAULT_RUN;
	if (o->memory == 0)
		o->memory = DEFAULT_MEMORY;
}

static int make_room(const char *archive_dir, struct err *err)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/index", archive_dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return err_set(err, ERR_INPUT, "path too long");
	return file_mkdirs(path, err);
}

static int index_archive(struct indexer *x, enum live_duty duty,
			 int (*run)(struct indexer *x, struct err *err), struct err *err)
{
	int lock;
	*x->result = (struct indexer_result){0};
	defaults(&x->o);
	if (make_room(x->dir, err) < 0 || live_take(x->dir, duty, TAKE_MS, &lock, err) < 0)
		return -1;
	int r = run(x, err);
	archive_close(&x->ar);
	if (x->reports)
		munmap(x->reports, MAX_WORKERS * sizeof *x->reports);
	arena_free(&x->a);
	close(lock);
	return r;
}

int indexer_update(const char *archive_dir, const struct indexer_options *o,
		   struct indexer_result *result, struct err *err)
{
	struct indexer x = {.dir = archive_dir, .o = *o, .result = result};
	return index_archive(&x, LIVE_UPDATE, update, err);
}

int indexer_rebuild(const char *archive_dir, const struct indexer_options *o,
		    struct indexer_result *result, struct err *err)
{
	struct indexer x = {.dir = archive_dir, .o = *o, .result = result, .rebuild = true};
	return index_archive(&x, LIVE_REBUILD, rebuild, err);
}

int indexer_merge(const char *archive_dir, const struct indexer_options *o, struct err *err)
{
	struct indexer_options whole = *o;
	struct err busy;
	int lock;
	defaults(&whole);
	if (make_room(archive_dir, err) < 0)
		return -1;
	if (live_take(archive_dir, LIVE_MERGE, TAKE_MS, &lock, &busy) < 0)
		return busy.kind == ERR_LATER ? 0 : err_set(err, busy.kind, "%s", busy.text);
	int r = merger_run(archive_dir, MERGE_BODY, whole.memory, err);
	close(lock);
	return r;
}
