/* popfetch: gets the wanted messages of a drop.
 *
 * What: TOP with more lines than there are, as RETR marks mail as read on some servers; RETR where
 *   the server has no TOP, refuses it, or sends another number of bytes than LIST says; TOP n 0
 *   for headers. Pipelined where the server can (RFC 2449 6.6); a message counts as delivered
 *   only when its last line is here; every other one ends with an outcome.
 * Source: RFC 1939 5 and 7.
 * Shape: answers come in the order of the commands. -ERR to one is FAILED with the server's words,
 *   and the next is asked for. A connection that breaks twice at the same message without
 *   anything delivered makes it FAILED.
 * Limits: POPFETCH_DEPTH commands, or POPFETCH_BYTES of mail as LIST counts it, in flight. A
 *   message beyond max_message is refused by the bytes that come, never by what LIST says.
 */
#ifndef POPFETCH_H
#define POPFETCH_H

#include "feed.h"
#include "letter.h"
#include "popsession.h"
#include "uidset.h"

#define POPFETCH_DEPTH 64
#define POPFETCH_BYTES ((uint64_t)4 << 20)
#define POPFETCH_HEADER ((size_t)64 << 10) /* of a header is kept */

/* A message of the drop. */
struct popmail {
	uint32_t number; /* in this session */
	uint32_t uid;    /* our own, 0: not known yet */
	uint64_t size;   /* as LIST says, which is a hint */
	struct str name; /* that the server keeps for it, or made of its header; empty: none yet */
	bool doubtful;   /* its name does not tell it from another one: fetched at each visit */
};

/* What an account's visits have in common. */
struct popfetch_ctx {
	struct popsession *s;
	struct feed *feed;
	struct letter *letter;
	const struct harvest_account *ac;
	bool alone;          /* one message at a time: the connection broke here before */
	bool only_retr;      /* TOP did not do for messages */
	bool progress;       /* something was delivered or decided since it was cleared, that
	                      * will not be asked for again */
	struct uidset spoilt; /* UIDs that broke the connection: left out */
};

/* Fetches n messages, by number. 1 all have an outcome; 0 the drop makes no sense (*err); -1 broken
 * off (ERR_NET, ERR_INPUT) or ERR_BROKEN. */
int popfetch_run(struct popfetch_ctx *c, const struct popmail *const *want, size_t n,
		 struct err *err);

/* Gets the headers of n messages; `take` is called for each, in order, with an empty header where
 * the server refused it. 1; 0 the server refused all of them; -1. */
struct popfetch_headers {
	void *arg;
	int (*take)(void *arg, size_t i, struct str header, struct err *err);
};
int popfetch_headers(struct popfetch_ctx *c, const struct popmail *const *of, size_t n,
		     const struct popfetch_headers *to, struct err *err);

#endif
