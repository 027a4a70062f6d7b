/* apitoken: what programs show instead of a password.
 *
 * Shape: "sheaf_" and 64 hex digits, shown once; only the SHA-256 is stored. A token may do what
 *   its user may, and of that only what its scope says.
 * Source: docs/formats/people.md.
 * Errors: ERR_INPUT unknown scope.
 * Memory: what is given out lives in the arena.
 */
#ifndef APITOKEN_H
#define APITOKEN_H

#include "nonce.h"
#include "peopledb.h"

enum { APITOKEN_SIZE = 6 + NONCE_HEX + 1 };

extern const char apitoken_schema[];

struct apitoken {
	int64_t id;
	struct str user, note;
	unsigned scope; /* enum person_right */
	int64_t created, expires; /* expires 0: never */
};

/* "read,tag" to bits and back. 1 or -1. */
int apitoken_scope(struct str text, unsigned *out, struct err *err);
struct str apitoken_scope_text(struct arena *a, unsigned scope);
/* Makes one for t->user; t->id is set. 1; 0 no such user; -1. */
int apitoken_add(struct people *p, struct apitoken *t, char secret[APITOKEN_SIZE],
		 struct err *err);
/* The token that was shown, unless it has expired. 1; 0; -1. */
int apitoken_find(struct people *p, struct arena *a, struct str secret, int64_t now,
		  struct apitoken *out, struct err *err);
/* All, or those of one user. 1 or -1. */
int apitoken_list(struct people *p, struct arena *a, struct str user,
		  const struct apitoken **out, size_t *n_out, struct err *err);
/* 1; 0 no such token; -1. */
int apitoken_remove(struct people *p, int64_t id, struct err *err);

#endif
