/* user: who may use the service, in which role, and where.
 *
 * What: owner (everything), administrator (users, accounts, the audit log; no mail), investigator
 *   (the accounts given: read, tag, export), reader (the accounts given: read, tag).
 * Source: docs/formats/people.md.
 * Limits: names as user_name_ok has it; USER_MAX_ACCOUNTS patterns.
 * Errors: ERR_INPUT bad name, role or pattern, a name that is taken.
 * Memory: what is given out lives in the arena.
 */
#ifndef USER_H
#define USER_H

#include "peopledb.h"
#include "person.h"

enum { USER_MAX_NAME = 100, USER_MAX_ACCOUNTS = 1000 };

extern const char user_schema[];

struct user {
	struct str name, role;
	const struct str *accounts; /* shell patterns; "*" alone: all */
	size_t n_accounts;
	struct str password;        /* what password.h stores, "": none, no login by it */
	struct str totp;            /* the key, "": no second factor */
	struct str subject;         /* who that is to OpenID Connect: issuer and name, "" */
	int64_t created;
	bool disabled;              /* may not come in, by no way */
};

/* Letters, digits, "._-@+" and what is not ASCII; not empty. */
bool user_name_ok(struct str name);
/* The names of all roles, with '|' between them. */
extern const char *const user_roles;
/* What the role lets one do, 0: no such role. */
unsigned user_rights(struct str role);
/* Does the role read in some accounts only? */
bool user_reads_some(struct str role);
/* Is this a user there could be? 1 or -1. */
int user_check(const struct user *u, struct err *err);
/* Adds one; user_set changes role and accounts. 1; 0 no such user (user_set); -1. */
int user_add(struct people *p, const struct user *u, struct err *err);
int user_set(struct people *p, const struct user *u, struct err *err);
/* Stores a password's hash. Ends the sessions. 1; 0 no such user; -1. */
int user_password(struct people *p, struct str name, struct str hash, struct err *err);
/* Lets nobody come in by that name, or somebody again. Ends the sessions. 1; 0 no such user; -1. */
int user_disable(struct people *p, struct str name, bool disabled, struct err *err);
/* With all tokens and sessions. 1; 0 no such user; -1. */
int user_remove(struct people *p, struct str name, struct err *err);
/* 1; 0 no such user; -1. */
int user_find(struct people *p, struct arena *a, struct str name, struct user *out,
	      struct err *err);
/* The user that OpenID Connect knows so. 1; 0; -1. */
int user_by_subject(struct people *p, struct arena *a, struct str subject, struct user *out,
		    struct err *err);
/* Ties a user to a subject, who has neither a password nor another one. 1; 0 no such user; -1. */
int user_bind(struct people *p, struct str name, struct str subject, struct err *err);
/* All of them by name. 1 or -1. */
int user_list(struct people *p, struct arena *a, const struct user **out, size_t *n_out,
	      struct err *err);
/* Are there any? 1, 0 or -1. */
int user_any(struct people *p, struct err *err);
/* Who that is to the rest of the program; borrows from u. */
struct person user_person(const struct user *u);

#endif
