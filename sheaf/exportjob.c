#define _GNU_SOURCE
#include "exportjob.h"

#include "exportconf.h"
#include "exportrun.h"
#include "file.h"
#include "job.h"
#include "log.h"
#include "present.h"
#include "proc.h"
#include "seal.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* How often the server is told how far it is, and what is asked besides. */
enum { TELL_MS = 250 };

struct work {
	const struct cmd_env *env;
	struct arena a;
	struct job_limits limits;
	struct people *people;
	struct job job;
	struct qdb *db;
	struct query_options q;
	struct export_options o;
	char folder[4200], file[4200], manifest[4200], lock[4200];
	int fd; /* the lock */
	uint64_t told;
	bool cancelled;
};

/* ---- what the job is ---- */

static const struct str *split(struct arena *a, struct str lines, size_t *n)
{
	struct str *list = NULL, line;
	*n = 0;
	while (str_line(&lines, &line)) {
		list = arena_grow(a, list, *n, sizeof *list);
		list[(*n)++] = line;
	}
	return list;
}

static int read_format(struct work *w, struct err *err)
{
	for (int i = 0; export_formats[i]; i++)
		if (str_eq(w->job.format, str_of(export_formats[i]))) {
			w->o.format = (enum export_format)i;
			return 1;
		}
	return err_set(err, ERR_BROKEN, "no such format");
}

static int read_job(struct work *w, struct err *err)
{
	const struct job *j = &w->job;
	struct str seal;
	char hex[HASH_HEX + 1];
	unsigned char hash[HASH_BYTES];
	w->q = (struct query_options){
		.dialect = str_eq(j->dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX,
		.sort = QUERY_UNSORTED, .bare = true, .account = j->account, .mailbox = j->mailbox};
	w->q.rights.some = !str_eq(j->accounts, STR("*\n"));
	w->q.rights.accounts = split(&w->a, j->accounts, &w->q.rights.n);
	w->o.to = w->file;
	w->o.manifest = w->manifest;
	w->o.dialect = j->dialect;
	w->o.query = j->query;
	w->o.account = j->account;
	w->o.mailbox = j->mailbox;
	w->o.who = j->owner;
	w->o.at = present_time(&w->a, j->asked, 0);
	int r = seal_newest(query_db_archive(w->db), &w->a, &seal, err);
	if (r > 0) {
		hash_of(seal, hash);
		hash_hex(hash, HASH_BYTES, hex);
		w->o.seal = arena_str(&w->a, str_of(hex));
	}
	return r < 0 ? -1 : read_format(w, err);
}

/* What is not in the index must not be left out. */
static int open_query(struct work *w, struct query **out, struct err *err)
{
	if (query_db_reach(w->db, &w->o.indexed_to, &w->o.stored_to, err) < 0)
		return -1;
	w->q.no_index = w->o.indexed_to < w->o.stored_to;
	return query_open(out, w->db, &w->a, w->job.query, &w->q, err);
}

/* For the progress; not where counting takes as long as finding. */
static int count(struct work *w, struct err *err)
{
	struct query *q = NULL;
	int r = open_query(w, &q, err);
	if (r > 0 && !w->q.no_index)
		r = query_count(q, &w->job.total, err);
	query_close(&q);
	return r < 0 ? -1 : 1;
}

/* ---- on the way ---- */

static int check_disk(const struct work *w, struct err *err)
{
	struct statvfs s;
	if (statvfs(w->folder, &s) < 0 ||
	    (uint64_t)s.f_bavail * s.f_frsize >= w->limits.least_free)
		return 1;
	return err_set(err, ERR_INPUT, "the disk for exports is full");
}

static int step(void *arg, uint64_t messages, uint64_t bytes, struct err *err)
{
	struct work *w = arg;
	if (proc_stopped())
		return err_set(err, ERR_LATER, "stopped");
	if (bytes > w->limits.most_bytes)
		return err_set(err, ERR_INPUT, "more than %llu GB: ask for less",
			       (unsigned long long)(w->limits.most_bytes >> 30));
	if (messages > 1 && log_now_ms() - w->told < TELL_MS)
		return 1;
	w->told = log_now_ms();
	w->job.messages = messages;
	w->job.bytes = bytes;
	int r = job_step(w->people, &w->job, err);
	if (r < 0 && err->kind == ERR_LATER) /* somebody writes for long */
		return 1;
	w->cancelled = r == 0;
	if (r == 0)
		return err_set(err, ERR_LATER, "cancelled");
	return r < 0 ? -1 : check_disk(w, err);
}

static int write_all(struct work *w, struct export_result *result, struct err *err)
{
	struct exportrun run = {.ar = query_db_archive(w->db), .o = &w->o, .step = step,
				.arg = w};
	int r = open_query(w, &run.query, err);
	if (r > 0) {
		w->o.tree = query_tree(run.query);
		r = exportrun_hits(&run, err) < 0 ? -1 : 1;
	}
	if (r > 0 && run.x == NULL) /* nothing was found: that is a result too */
		r = export_begin(&run.x, run.ar, &w->o, err);
	if (r > 0)
		r = export_end(run.x, result, err);
	export_close(&run.x);
	query_close(&run.query);
	return r;
}

static int finish(struct work *w, const struct export_result *result, struct err *err)
{
	unsigned char hash[HASH_BYTES];
	char hex[HASH_HEX + 1];
	if (seal_hash_file(w->file, &w->job.size, hash, err) < 1)
		return -1;
	hash_hex(hash, HASH_BYTES, hex);
	w->job.sha256 = arena_str(&w->a, str_of(hex));
	w->job.messages = result->messages;
	w->job.bytes = result->bytes;
	w->job.damaged = result->failed;
	w->job.inexact = result->inexact;
	int r = job_done(w->people, &w->job, w->limits.keep_s, err);
	w->cancelled = r == 0;
	return r;
}

/* ---- begin and end ---- */

/* What a process before this one left. */
static void clear(const struct work *w)
{
	static const char *const names[] = {"data", "data.partial", "manifest.ndjson",
					    "manifest.ndjson.partial"};
	char path[4300];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", w->folder, names[i]);
		unlink(path);
	}
}

/* What the asker is told: no names of files. */
static void told_reason(const struct err *err, char *out, size_t n)
{
	if (strstr(err->text, "No space left") || strstr(err->text, "Disk quota"))
		snprintf(out, n, "the disk for exports is full");
	else if (err->kind == ERR_INPUT)
		snprintf(out, n, "%s", err->text);
	else
		snprintf(out, n, "it could not be made; the server's log says why");
}

/* The job did not come to its end. */
static int give_up(struct work *w, const struct err *why, struct err *err)
{
	char reason[600];
	clear(w);
	unlink(w->lock);
	rmdir(w->folder);
	if (w->cancelled)
		return 0;
	if (proc_stopped())
		return job_again(w->people, w->job.id, false, err);
	log_line(LOG_ERROR, "export %lld: %s", (long long)w->job.id, why->text);
	told_reason(why, reason, sizeof reason);
	return job_fail(w->people, w->job.id, str_of(reason), err);
}

/* 1; 0 somebody else has it, or it is no longer wanted; -1. */
static int take(struct work *w, int64_t id, struct err *err)
{
	job_path(w->folder, &w->limits, id, "");
	job_path(w->file, &w->limits, id, "data");
	job_path(w->manifest, &w->limits, id, "manifest.ndjson");
	job_path(w->lock, &w->limits, id, "lock");
	int r = job_find(w->people, &w->a, id, &w->job, err);
	if (r <= 0)
		return r;
	if (file_mkdirs(w->folder, err) < 0)
		return -1;
	if (file_lock(w->lock, &w->fd, err) < 0)
		return err->kind == ERR_LATER ? 0 : -1;
	r = job_start(w->people, id, err);
	if (r == 0 && w->job.ended == 0) { /* cancelled just now */
		unlink(w->lock);
		rmdir(w->folder);
	}
	return r;
}

static int work(struct work *w, struct err *err)
{
	struct export_result result = {0};
	clear(w);
	int r = check_disk(w, err);
	if (r > 0)
		r = query_db_open(&w->db, cmd_dir(w->env), err);
	if (r > 0)
		r = read_job(w, err);
	if (r > 0)
		r = count(w, err);
	if (r > 0)
		r = write_all(w, &result, err);
	return r > 0 ? finish(w, &result, err) : r;
}

static int open_all(struct work *w, struct err *err)
{
	struct conf c;
	if (cmd_conf(w->env, &w->a, &c, err) < 0 ||
	    exportconf_read(w->env, &c, &w->limits, err) < 0)
		return -1;
	return people_open(&w->people, cmd_dir(w->env), err);
}

int exportjob_run(const struct cmd_env *env, int64_t id, struct err *err)
{
	struct work w = {.env = env, .fd = -1};
	struct err why = {0};
	proc_catch_stop();
	/* The server's jobs end with it, and wait for the next server. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	int r = open_all(&w, err);
	int taken = r > 0 ? take(&w, id, &why) : 0;
	if (r > 0 && taken > 0 && work(&w, &why) <= 0)
		r = give_up(&w, &why, err);
	else if (r > 0 && taken < 0)
		r = give_up(&w, &why, err);
	query_db_close(&w.db);
	people_close(&w.people);
	arena_free(&w.a);
	if (w.fd >= 0)
		close(w.fd);
	return r < 0 ? -1 : 0;
}
