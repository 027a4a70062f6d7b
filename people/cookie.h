/* cookie: browsers that are logged in.
 *
 * Shape: a session is a random secret that the browser holds in a cookie; only its SHA-256 is
 *   stored. It ends COOKIE_IDLE after it was used last and COOKIE_AGE after it was made.
 * Source: docs/formats/people.md.
 * Memory: what is given out lives in the arena.
 */
#ifndef COOKIE_H
#define COOKIE_H

#include "nonce.h"
#include "peopledb.h"

enum {
	COOKIE_IDLE = 12 * 3600,
	COOKIE_AGE = 7 * 24 * 3600,
	COOKIE_TOUCH = 60 /* the last use is noted at most so often */
};

extern const char cookie_schema[];

struct cookie {
	int64_t id;
	struct str user, peer, csrf; /* csrf: what the session's forms must send */
	int64_t made, seen;
};

/* A new session of a user who has logged in. 1 or -1. */
int cookie_make(struct people *p, const struct cookie *c, char secret[NONCE_HEX + 1],
		struct err *err);
/* The session of a secret that has not ended; notes that it was used. 1; 0; -1. */
int cookie_find(struct people *p, struct arena *a, struct str secret, int64_t now,
		struct cookie *out, struct err *err);
/* All sessions of a user that have not ended, the one used last first. 1 or -1. */
struct cookie_list {
	const struct cookie *all;
	size_t n;
};
int cookie_list(struct people *p, struct arena *a, struct str user, int64_t now,
		struct cookie_list *out, struct err *err);
/* Ends one, by number, if it is that user's. 1; 0; -1. */
int cookie_end(struct people *p, struct str user, int64_t id, struct err *err);

#endif
