/* job: exports that somebody asked a server for, and what became of them.
 *
 * What: a row for each, from the question to its end. A process at work holds a lock on a file in
 *   the job's folder; a job that is "running" without such a lock lost its process and is begun
 *   anew, JOB_TRIES times. None is forgotten before its time.
 * Source: docs/export.md, docs/formats/people.md.
 * Shape: waiting → running → done | failed | cancelled; done → expired.
 * Limits: struct job_limits.
 * Errors: ERR_INPUT too many jobs; those of peopledb.h.
 * Memory: what is given out lives in the arena.
 */
#ifndef JOB_H
#define JOB_H

#include "peopledb.h"
#include "person.h"

enum { JOB_TRIES = 3, JOB_FORGET_S = 30 * 86400 };

/* The table, for peopledb.c. */
extern const char job_schema[];

/* What the operator allows. */
struct job_limits {
	char dir[4096];      /* has a folder for each job */
	int64_t keep_s;      /* how long a finished file is kept */
	uint64_t at_once, waiting, own; /* running; not ended yet, of all and of one owner */
	uint64_t most_bytes; /* of the messages of one export */
	uint64_t least_free; /* bytes that must stay free on the disk */
};

struct job {
	int64_t id; /* never used again */
	struct str owner, state, reason; /* reason: why it failed */
	struct str query, dialect, account, mailbox, format;
	struct str accounts; /* where the owner could read, a pattern a line; "*\n": everywhere */
	int64_t asked, started, ended, expires; /* seconds UTC, 0: not yet */
	int64_t tries;
	uint64_t total, messages, bytes, damaged, inexact;
	uint64_t size;       /* of the file */
	struct str sha256;   /* of the file, hexadecimal */
	struct str tag;      /* for job_add only: its messages were given it for the job, "" */
};

/* The accounts of somebody as a job keeps them, in the arena; and may that person still read all
 * of them? */
struct str job_accounts(struct arena *a, const struct person *who);
bool job_may(const struct job *j, const struct person *who);
/* Keeps a new one: of *j the owner, the query with its dialect, account and mailbox, format,
 * accounts and tag. 1 or -1. */
int job_add(struct people *p, struct job *j, const struct job_limits *limits, struct err *err);
struct job_rows {
	const struct job *list;
	size_t n;
};
/* One by id; all (of that owner, unless everybody's are wanted), the newest first. 1; 0; -1. */
int job_find(struct people *p, struct arena *a, int64_t id, struct job *out, struct err *err);
int job_list(struct people *p, struct arena *a, struct str owner, bool everybody,
	     struct job_rows *out, struct err *err);
/* Those that wait or run, the oldest first; finished ones whose file is to go. 1 or -1. */
int job_open(struct people *p, struct arena *a, struct job_rows *out, struct err *err);
int job_stale(struct people *p, struct arena *a, struct job_rows *out, struct err *err);
/* Takes a waiting one in hand. 1; 0 it is not waiting; -1. */
int job_start(struct people *p, int64_t id, struct err *err);
/* Tells how far it got. 1; 0 it is to stop: it was cancelled; -1. */
int job_step(struct people *p, const struct job *j, struct err *err);
/* It ended well: of *j messages, bytes, damaged, inexact, size and sha256. 1; 0 it was cancelled
 * meanwhile; -1. */
int job_done(struct people *p, const struct job *j, int64_t keep_s, struct err *err);
/* It ended otherwise; only a running one does. 1 or -1. */
int job_fail(struct people *p, int64_t id, struct str reason, struct err *err);
/* Its process is gone, or stops: it waits again; `died`, JOB_TRIES times at most. 1 or -1. */
int job_again(struct people *p, int64_t id, bool died, struct err *err);
/* Nobody wants it any more. 1; 0 it had ended before; -1. */
int job_cancel(struct people *p, int64_t id, struct err *err);
/* The file of a finished one was removed; forgets those that ended JOB_FORGET_S ago. 1 or -1. */
int job_expired(struct people *p, int64_t id, struct err *err);
int job_forget(struct people *p, struct err *err);
/* A tag, in the arena, whose job has ended. 1; 0 there is none; -1. */
int job_tag_over(struct people *p, struct arena *a, int64_t *id, struct str *tag,
		 struct err *err);
/* It was dropped. 1 or -1. */
int job_untagged(struct people *p, int64_t id, struct err *err);
/* Writes "<dir>/<id>" or "<dir>/<id>/<name>" into path, which has room for 4,200 bytes. */
void job_path(char *path, const struct job_limits *limits, int64_t id, const char *name);

#endif
