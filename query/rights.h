/* rights: in which accounts somebody may read.
 *
 * What: what lies outside is as if it were not there: no hit, no count, no copy.
 * Memory: borrowed from whoever made it.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "archive.h"

struct rights {
	bool some;                  /* only in these; else in all accounts */
	const struct str *accounts; /* shell patterns, as scope.h has them */
	size_t n;
};

/* May one read in the account of that name? */
bool rights_account(const struct rights *r, struct str account);
/* The copies that one may know of, in the arena. 1 or -1. */
int rights_copies(const struct rights *r, struct archive *ar, struct arena *a,
		  const struct archive_copy **copies, size_t *n, struct err *err);
/* A message by id, as archive_find_id. With rights in some accounts only by its whole id, and all
 * that is outside, hidden or destroyed is not there: 0, after the same work. */
int rights_find(const struct rights *r, struct archive *ar, struct str id,
		struct archive_msg *out, struct err *err);
/* The numbers of the messages one may read, as a list for each mailbox, one after the other.
 * `each` is called for every list. 1 or -1. */
int rights_numbers(const struct rights *r, struct archive *ar, struct arena *a,
		   void (*each)(void *arg, const uint32_t *list, size_t n), void *arg,
		   struct err *err);

#endif
