/* worker: one run of messages -> one index segment. Runs in a process of its own.
 *
 * What: opens the archive for itself, parses each message, writes postings, records, filter,
 *   order and lexicon into a temporary directory, and renames it when it is on disk.
 * Limits: the first RECORD_MAX_MESSAGE bytes of a message; WORKER_CPU_SECONDS for each message
 *   (SIGPROF ends the process); memory by the caller.
 * Shape: `report` lies in memory shared with the parent, which can so tell where a dead worker
 *   was, and why one gave up.
 */
#ifndef WORKER_H
#define WORKER_H

#include "current.h"

#define WORKER_CPU_SECONDS 60
/* Exit status of a worker that gave up and says why in its report; any other is a death. */
#define WORKER_GAVE_UP 3

struct worker_report {
	uint64_t at;       /* the message in hand, 0: none yet; last + 1: all are added */
	struct err err;    /* why the worker gave up */
};

struct worker_job {
	const char *archive_dir;
	struct str generation;
	struct current_run run;
	bool quarantine;   /* a run of one message, which is not parsed */
	bool closed;       /* attachments are not looked into */
	struct str ocr;    /* languages of pictures, "": they are not read */
	struct str older;  /* the generation whose findings about them are taken over, or "" */
	bool retry;        /* but not what failed */
	struct worker_report *report;
};

/* Builds the segment. 1 or -1. */
int worker_build(const struct worker_job *job, struct err *err);
/* What of a segment is made from finished postings: the lexicon. For worker and merge. */
int worker_lexicon(const char *segment_path, struct err *err);

#endif
