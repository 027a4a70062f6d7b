/* importjob: one run of the importer, and one file in it.
 *
 * What: takes the messages of a file into the archive, and counts what became of them.
 * Errors: a message or file that cannot be read is counted, said, and passed over; what comes
 *   back is ERR_BROKEN (the archive) or ERR_LATER (asked to stop).
 */
#ifndef IMPORTJOB_H
#define IMPORTJOB_H

#include "import.h"
#include "importfile.h"
#include "log.h"
#include "unpack.h"

struct importjob {
	struct archive *ar;
	struct str account;
	struct import_result *r;
	struct importfile *file;
	struct log_progress progress;
	bool show;
	int64_t run;
	struct source_fd in;  /* the file at hand */
	uint64_t done, total; /* bytes, for the progress line; total 0: not known */
	unsigned depth;       /* packed files within packed files */
};

/* Where messages go, made when the first one comes. */
struct importjob_box {
	struct str mailbox;
	int64_t epoch; /* 0: not asked for yet */
	bool fresh;    /* no run has brought it anything before */
};

/* One file to import, and what its name and place say. */
struct importjob_item {
	const char *path;
	enum importfile_kind kind;
	struct importjob_box *single, *mbox; /* for a message, for the messages of an mbox */
	struct str folder;                   /* the top of a packed file; "": none */
	struct archive_copy copy;            /* flags; the source, when it is not made here */
	bool fixed;                          /* the source is given, and was not known yet */
	bool named;                          /* by the user, not found in a directory */
};

/* Counts and names an item that could not be imported. Returns 1: the rest goes on. */
int importjob_lost(struct importjob *j, const char *path, const struct err *err);
/* Counts one more message seen. 1, or -1 when the process was asked to stop (ERR_LATER). */
int importjob_step(struct importjob *j, struct err *err);
/* Makes sure that the mailbox's epoch is known. 1 or -1. */
int importjob_epoch(struct importjob *j, struct importjob_box *box, struct err *err);
/* Counts a file or member that is passed over, and says why. Returns 1. */
int importjob_skip(struct importjob *j, const char *path, const char *why);
/* All messages of a source, packed or not; `look` is -1 or as for importfile_begin. 1 or -1. */
int importjob_source(struct importjob *j, const struct importjob_item *it, struct source from,
		     int look, struct err *err);
/* All messages of an open file. 1 or -1. */
int importjob_fd(struct importjob *j, const struct importjob_item *it, int fd, struct err *err);
/* Opens a regular file and does the same; the file's time stands in for missing dates. What is no
 * regular file is passed over, and counted. */
int importjob_file(struct importjob *j, struct importjob_item *it, struct err *err);

#endif
