/* audit: the log of who asked for what, as lines that hold each other.
 *
 * What: appends entries to ARCHIVE/audit/NNNNNN.log. Each line is a JSON object that holds the
 *   SHA-256 of the line before it.
 * Source: docs/formats/audit.md.
 * Shape: several threads and processes append, one at a time, by a lock file. Threads that wait
 *   for the disk at the same time wait for one fsync together.
 * Limits: AUDIT_MOST bytes a line.
 * Errors: ERR_LATER the log cannot be written now (disk full, locked too long): do not answer.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "err.h"
#include "hash.h"

#include <jansson.h>

#define AUDIT_MOST ((size_t)256 << 10)
#define AUDIT_FILE_BYTES ((uint64_t)64 << 20)

struct audit;

/* Prepares to append to the log of an archive, whose directory `audit` is made if missing. A file
 * that has file_bytes is followed by the next. Close with audit_close. 1 or -1. */
int audit_open(struct audit **out, const char *archive_dir, uint64_t file_bytes, struct err *err);
/* Accepts NULL. Nobody may be appending. */
void audit_close(struct audit **a);
/* Appends an entry with the members of `entry` (borrowed) and waits until it is on the disk.
 * *number, when given, is its number. 1 or -1: it may or may not be there. */
int audit_append(struct audit *a, json_t *entry, uint64_t *number, struct err *err);
/* The log's directory, for others of this room: "ARCHIVE/audit/000001.log" for a file, "…/lock"
 * and the like for a name. 1 or -1 (ERR_INPUT: too long). */
int audit_path(char *path, size_t n, const char *archive_dir, const char *name, struct err *err);
/* The numbers of the log's files, ascending, to be freed. None: *out is NULL. 1 or -1. */
int audit_files(const char *archive_dir, unsigned **out, size_t *n, struct err *err);

#endif
