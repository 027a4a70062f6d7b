/* twins: which stored message may a server's message be, when its UID is a new one?
 *
 * What: the messages that an account's mailbox had in its older epochs, by what can be known of a
 *   message without its bytes. An answer is a proposal, to be verified.
 * Limits: 24 bytes of memory for each copy; TWINS_GROUP messages of one date and size.
 * Errors: as db.h.
 */
#ifndef TWINS_H
#define TWINS_H

#include "archive.h"

#define TWINS_GROUP 50000

struct twins;

/* What a server says of a message. */
struct twins_clue {
	int64_t internaldate;
	uint64_t size;      /* RFC822.SIZE */
	bool any_size;      /* it is not known */
	bool has_sum;
	uint64_t sum;       /* headsum_of */
	struct str emailid; /* "": none */
};

/* Of the mailbox's epochs; the one named `except` is left out. 1 or -1. Close it before the
 * archive. */
int twins_open(struct twins **out, struct archive *ar, struct str account, struct str mailbox,
	       int64_t except, struct err *err);
/* The one stored message of which the clue tells. 1: *message, and *by_id whether EMAILID told;
 * 0: none, or several; -1. */
int twins_find(struct twins *t, const struct twins_clue *clue, uint64_t *message, bool *by_id,
	       struct err *err);
/* The present message of a UID in an older epoch, if the clue says the same. As above. */
int twins_at(struct twins *t, int64_t epoch, uint32_t uid, const struct twins_clue *clue,
	     uint64_t *message, struct err *err);
/* Accepts NULL. */
void twins_close(struct twins **t);

#endif
