/* person: who asks, and what they may do.
 *
 * Shape: a plain struct, filled in by whoever found out who it is. The owner of the process (the
 *   command line, and HTTP on loopback without users) may do everything in all accounts.
 * Memory: names borrow from whoever filled it in.
 */
#ifndef PERSON_H
#define PERSON_H

#include "str.h"

/* What somebody may do; bits. */
enum person_right {
	PERSON_READ = 1,   /* search and open mail in the accounts given */
	PERSON_TAG = 2,    /* tags and saved searches */
	PERSON_EXPORT = 4,
	PERSON_AUDIT = 8,  /* read the audit log */
	PERSON_ADMIN = 16, /* accounts and users */
	PERSON_OWNER = 31  /* all of them */
};

struct person {
	struct str name;  /* "" for the owner */
	unsigned rights;  /* enum person_right */
	bool all_accounts;
	const struct str *accounts; /* shell patterns, as scope.h has them */
	size_t n_accounts;
};

/* The owner: every right, all accounts. */
extern const struct person person_owner;

/* Has somebody all of these rights? */
bool person_may(const struct person *p, unsigned rights);

#endif
