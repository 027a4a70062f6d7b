/* rights: in which accounts somebody may read.
 *
 * What: what lies outside is as if it were not there: no hit, no count, no copy.
 * Memory: borrowed from whoever made it.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "archive.h"
#include "bits.h"

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
/* The copies in those of n epochs that are `in`, as a condition for archive_select. In the arena,
 * with a NUL behind it. */
struct str rights_condition(struct arena *a, const struct archive_epoch *epochs, size_t n,
			    const bool *in);
/* The numbers of the messages one may read, ascending, in the arena. 1 or -1. */
int rights_numbers(const struct rights *r, struct archive *ar, struct arena *a,
		   const uint32_t **out, size_t *n_out, struct err *err);
/* The messages that somebody may be told of, by number: those one may read, without what is hidden
 * or destroyed. Free with bits_free, in any case. 1 or -1. */
int rights_visible(const struct rights *r, struct archive *ar, struct bits *out, struct err *err);

#endif
