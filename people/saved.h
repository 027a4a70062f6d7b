/* saved: searches that somebody keeps under a name.
 *
 * What: the query as it was written, in which dialect and which version of its grammar, where it
 *   looks; whose it is, and whether others may use it too. It always runs with the rights of
 *   whoever runs it.
 * Source: docs/saved.md, docs/formats/people.md.
 * Limits: names of 1 to SAVED_MAX_NAME bytes, queries of SAVED_MAX_QUERY bytes, SAVED_MAX of one
 *   owner.
 * Errors: ERR_INPUT a name that is bad or taken, too many; those of peopledb.h.
 * Memory: what is given out lives in the arena.
 */
#ifndef SAVED_H
#define SAVED_H

#include "peopledb.h"

enum { SAVED_MAX_NAME = 200, SAVED_MAX_QUERY = 65536, SAVED_MAX = 1000 };

/* The table, for peopledb.c. */
extern const char saved_schema[];

struct saved {
	int64_t id; /* never used again */
	struct str owner, name, query, dialect, account, mailbox;
	int64_t grammar; /* QUERY_GRAMMAR when it was written */
	bool shared;
	int64_t made, changed;
};

/* Keeps a new one: of *s everything but id, made and changed, which are set. 1 or -1. */
int saved_add(struct people *p, struct saved *s, struct err *err);
/* Changes the one of that id and owner. 1; 0 there is none; -1. */
int saved_set(struct people *p, struct saved *s, struct err *err);
/* Removes one of that owner's. 1; 0 there is none; -1. */
int saved_remove(struct people *p, int64_t id, struct str owner, struct err *err);
/* One that somebody may use: their own, or shared. 1; 0 there is none; -1. */
int saved_find(struct people *p, struct arena *a, int64_t id, struct str user, struct saved *out,
	       struct err *err);
/* All that somebody may use, by name. 1 or -1. */
int saved_list(struct people *p, struct arena *a, struct str user, const struct saved **out,
	       size_t *n_out, struct err *err);

#endif
