/* auditread: the audit log, read and checked.
 *
 * What: entries from the first on, each line's hash compared with the one the next line holds; or
 *   from the last back, unchecked, for a page of what was newest.
 * Source: docs/formats/audit.md.
 * Shape: files are mapped one after the other. A last line without an end, which a crash or a
 *   writer at work leaves, is not read; `torn` says how long it is.
 * Memory: an entry lives until the next call.
 */
#ifndef AUDITREAD_H
#define AUDITREAD_H

#include "err.h"
#include "hash.h"

#include <jansson.h>

struct auditread;

struct auditread_entry {
	uint64_t number;   /* 0: the line is no entry */
	struct str line;   /* with its end */
	const json_t *json; /* borrowed; NULL: the line is no entry */
	unsigned file;     /* 1: 000001.log */
	const char *wrong; /* how the chain is broken here, NULL: it is not */
};

/* What somebody wants to see; "" and 0: all. */
struct auditread_filter {
	struct str who, what;    /* who.name, or the name given to log in; and what, whole */
	struct str since, until; /* beginnings of times: "2026-11" */
};

/* Opens the log as it is now; one that was never written to has no entries. 1 or -1. */
int auditread_open(struct auditread **out, const char *archive_dir, bool backward,
		   struct err *err);
/* Accepts NULL. */
void auditread_close(struct auditread **r);
/* The next entry. 1; 0 that was the last; -1 (ERR_BROKEN: a file cannot be read). */
int auditread_next(struct auditread *r, struct auditread_entry *out, struct err *err);
/* The bytes behind the last line end that were seen. */
uint64_t auditread_torn(const struct auditread *r);
/* The SHA-256 of the line read last. */
void auditread_hash(const struct auditread *r, unsigned char out[HASH_BYTES]);
/* Who it was, for people: a name, "the owner" (of the process), or "nobody" who is known. Borrowed
 * from the entry. */
struct str auditread_name(const json_t *entry);
/* Is the entry one of those wanted? */
bool auditread_fits(const struct auditread_filter *f, const json_t *entry);

#endif
