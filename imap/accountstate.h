/* accountstate: how each account fares, in a file of the archive.
 *
 * What: accounts.json, replaced whole at every change; written by harvests, read by status. No
 *   fact of the archive: it may be deleted.
 * Errors: ERR_BROKEN disk. A file that cannot be understood counts as empty.
 * Memory: names live in the struct's arena.
 */
#ifndef ACCOUNTSTATE_H
#define ACCOUNTSTATE_H

#include "arena.h"
#include "err.h"

#include <sys/types.h>

enum accountstate_phase {
	ACCOUNTSTATE_OFF,      /* nobody watches it */
	ACCOUNTSTATE_WORKING,  /* its mailboxes are looked into */
	ACCOUNTSTATE_WATCHING, /* all is here; new mail is waited for */
	ACCOUNTSTATE_FAILING,  /* it failed, and waits for its next try */
	ACCOUNTSTATE_RESTING   /* nothing is wrong, but it goes on at a later time */
};

struct accountstate_entry {
	struct str name;
	enum accountstate_phase phase;
	int64_t last_success;  /* all mailboxes were looked into, seconds UTC, 0: never */
	int64_t next_try;      /* of a failing one, 0: none is planned */
	unsigned failures;     /* in a row */
	char error[300];       /* the newest, "" none */
	uint64_t fetched;      /* messages, since its process began */
	uint64_t left;         /* still to come in the mailbox that is looked into */
	char mailbox[300];     /* that one, "" none */
};

struct accountstate {
	struct arena arena;
	pid_t watcher;         /* the process of harvest --watch, 0: none */
	struct accountstate_entry *list;
	size_t n;
};

/* Reads it. 1; 0 there is none, or it makes no sense; -1. Free with accountstate_free. */
int accountstate_load(const char *dir, struct accountstate *out, struct err *err);
/* Writes it. 1 or -1. */
int accountstate_save(const char *dir, const struct accountstate *s, struct err *err);
void accountstate_free(struct accountstate *s);
/* The account's entry, made if need be; valid until another one is made. */
struct accountstate_entry *accountstate_at(struct accountstate *s, struct str name);
/* All mailboxes were looked into; `problem` tells what could not be fetched, "" nothing. */
void accountstate_good(struct accountstate_entry *e, const char *problem);
/* It failed; the next try comes in `seconds`, 0: none is planned. */
void accountstate_bad(struct accountstate_entry *e, const char *error, int64_t seconds);
/* It goes on at that time; nothing is wrong. */
void accountstate_rest(struct accountstate_entry *e, const char *why, int64_t until);
/* Does the process that watches still live? */
bool accountstate_watched(const struct accountstate *s);
/* How far its process has come. */
void accountstate_progress(struct accountstate_entry *e, uint64_t fetched, uint64_t left,
			   struct str mailbox);
/* The word for a phase. */
const char *accountstate_word(enum accountstate_phase phase);

#endif
