/* auditing: what a request goes into the audit log as.
 *
 * What: before a request that changes something is handled, and before the answer to any other
 *   leaves, an entry is on the disk; else there is no answer but 503.
 * Source: docs/formats/audit.md.
 * Shape: call->audit gathers what is known of the answer (auditing_search); the table of words in
 *   auditing.c says what a path means. An answer that streams has a second entry at its end.
 * Threads: from those of the HTTP library; one log for all.
 * Errors: ERR_LATER: not logged, do not answer.
 */
#ifndef AUDITING_H
#define AUDITING_H

#include "call.h"

struct ask;

struct auditing_options {
	bool log;      /* is there a log at all? */
	bool required; /* no answer without an entry */
	uint64_t file_bytes;
};

/* Opens the log of an archive. 1 or -1. */
int auditing_start(const char *archive_dir, const struct auditing_options *o, struct err *err);
void auditing_stop(void);
/* Gives the call its place in the log; what changes something is logged here. 1 or -1. */
int auditing_before(struct call *c, const struct route *route, struct err *err);
/* Logs what was not logged before. 1 or -1. */
int auditing_after(struct call *c, const struct route *route, const struct http_response *resp,
		   struct err *err);
/* Logs that somebody was turned away who gave a name or a token. Not more often than once a
 * second: so nobody fills the disk. */
void auditing_refused(const struct call *c, int status);
/* Could the last entry be written, or need none be? */
bool auditing_works(void);
/* Tries with an entry of its own, when it could not. */
void auditing_try(void);
/* Notes tree, numbers and digest of a search that is over. */
void auditing_search(struct ask *k);
/* Says what it was, where the address does not; before the answer. */
void auditing_word(struct call *c, const char *what);
/* Notes a member of the entry; takes value over. */
void auditing_note(struct call *c, const char *name, json_t *value);

#endif
