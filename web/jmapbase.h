/* jmapbase: what every method of JMAP needs: the account, ids, states, errors.
 *
 * Source: RFC 8620; docs/jmap.md.
 * Shape: a method takes its arguments and returns its answer, or NULL with j->error set.
 * Ids: "a…" an account, "f…" a mailbox (both of their names), "m…" a message (its SHA-256),
 *   "t…" a thread (query/thread.h), "b…" the bytes of a message or part.
 * States: "N-D": the highest message number of the account, and a sum over all that is known of the
 *   copies up to it. As long as only messages were added, the sum over the same copies is the
 *   same: then the changes can be told.
 * Memory: j->a is the request's arena, for each call one of its own; what is kept for the request
 *   lies in call->arena.
 */
#ifndef JMAPBASE_H
#define JMAPBASE_H

#include "call.h"

#include <jansson.h>

enum {
	JMAPBASE_ID = 24,
	JMAPBASE_MOST = 500,      /* objects in a get */
	JMAPBASE_PROPERTIES = 200 /* of each */
};

/* IMAP's flags as keywords; ended by NULL. That a message is deleted is no keyword (RFC 8621,
 * 4.1.1). */
struct jmapbase_flag {
	const char *keyword;
	unsigned flag;
};
extern const struct jmapbase_flag jmapbase_flags[];
/* The flag that a keyword is, whatever its case; 0: none. */
unsigned jmapbase_flag(struct str keyword);

struct jmap {
	struct call *call;
	struct arena *a;
	struct qdb *db;
	struct archive *ar;
	struct rights rights;
	const struct archive_epoch *epochs; /* that may be read */
	size_t n_epochs;
	const char *error; /* type of a method's error, NULL: none */
	const char *hint;  /* its description, or NULL */
	struct err err;    /* of a serverFail */
	struct str state, state_of; /* the state of an account as it is now, once asked for */
	uint64_t state_last;
	char (*ids)[JMAPBASE_ID];   /* of the epochs' mailboxes, once asked for */
	size_t shown;               /* octets of bodies in the answers of the request */
};

/* Opens what a request needs. 1 or -1. */
int jmapbase_open(struct jmap *j, struct call *c, struct err *err);
/* Sets the error of a method. Returns NULL. */
json_t *jmapbase_fail(struct jmap *j, const char *type, const char *hint);
/* The same for j->err. */
json_t *jmapbase_broken(struct jmap *j);
/* The account that "accountId" of the arguments names: its name. 1; 0 with the error set. */
int jmapbase_account(struct jmap *j, json_t *args, struct str *name);
/* Ids of an account, and of a mailbox of it, with a NUL. */
void jmapbase_account_id(struct jmap *j, struct str account, char out[JMAPBASE_ID]);
void jmapbase_mailbox_id(struct jmap *j, struct str account, struct str mailbox,
			 char out[JMAPBASE_ID]);
/* The epoch of an id of a mailbox of the account (one of them), NULL: none. */
const struct archive_epoch *jmapbase_mailbox(struct jmap *j, struct str account, struct str id);
/* An epoch by number, NULL: not one that may be read. */
const struct archive_epoch *jmapbase_epoch(const struct jmap *j, int64_t id);
/* The message of "m…", seen in that account: its summary. 1, 0, -1. */
int jmapbase_message(struct jmap *j, struct str account, struct str id, struct query_hit *out);
/* The state of an account up to message `upto` (UINT64_MAX: now); *last: its number. NULL with the
 * error set. */
struct str jmapbase_state(struct jmap *j, struct str account, uint64_t upto, uint64_t *last);
/* Reads "sinceState" and tells whether only messages behind *since were added. 1; 0 the error is
 * set. */
int jmapbase_since(struct jmap *j, struct str account, json_t *args, uint64_t *since);
/* Numbers of the account's messages behind `since`, at most `most`, ascending. 1 or 0. */
int jmapbase_added(struct jmap *j, struct str account, uint64_t since, uint64_t most,
		   const uint64_t **out, size_t *n);
/* A number among the arguments; `usual` when it is not there or null. 1; 0 the error is set. */
int jmapbase_number(struct jmap *j, json_t *args, const char *name, int64_t usual, int64_t *out);
/* A string value as slice; "" when it is none. */
struct str jmapbase_text(json_t *v);
/* Starts the answer of a get: accountId, state, list, notFound. */
json_t *jmapbase_got(struct jmap *j, struct str account, struct str state, json_t *list,
		     json_t *missing);
/* Starts that of changes. */
json_t *jmapbase_changes(struct jmap *j, struct str account, json_t *args, struct str state);
/* "m…" of a message. */
json_t *jmapbase_message_id(struct jmap *j, const struct archive_msg *m);
/* A get of things by their ids alone. */
struct jmapbase_get {
	struct str account, state;
	json_t *ids;            /* borrowed from the arguments */
	json_t *list, *missing;
};
/* Begins it; `hint` says what to name where no ids are given. 1; 0 the error is set. */
int jmapbase_get(struct jmap *j, json_t *args, const char *hint, struct jmapbase_get *out);
/* Adds what an id names, taken over; NULL: there is no such thing. */
void jmapbase_add(struct jmapbase_get *g, json_t *id, json_t *o);
/* The answer, NULL when an error is set. */
json_t *jmapbase_end(struct jmap *j, struct jmapbase_get *g);
/* Are the "properties" of a get such as `is` knows, or none given? Each stays once; args change. 1;
 * 0 the error is set. */
int jmapbase_properties(struct jmap *j, json_t *args, bool (*is)(json_t *name));
/* Leaves only the "properties" asked for, and the id. Accepts NULL. */
void jmapbase_select(json_t *o, json_t *args);
/* A list of ids among the arguments, each once; args change. 1; 0 the error is set. */
int jmapbase_list(struct jmap *j, json_t *args, const char *name, size_t most, json_t **out);
/* "ids" of a get, each once; args change. 1; 0 the error is set. *out may be NULL: all. */
int jmapbase_ids(struct jmap *j, json_t *args, json_t **out);

#endif
