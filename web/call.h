/* call: one request on its way through a handler, and the read handles of the threads.
 *
 * Shape: each thread of the HTTP library opens a handle of its own when it first needs one,
 *   takes up a new index before each request, and closes it when it ends.
 * Errors: ERR_BROKEN and others of query_db_open.
 */
#ifndef CALL_H
#define CALL_H

#include "http.h"
#include "peopledb.h"
#include "query.h"
#include "route.h"
#include "shape.h"

struct auditing; /* auditing.h */

struct call {
	const struct http_request *req;
	const struct url *url;
	const struct str *args;  /* what the route's "{}" matched */
	struct arena *arena;     /* the request's */
	const struct person *who; /* who asks; without rights: nobody known */
	struct str csrf;         /* forms that are posted send it as "csrf"; "": no need */
	struct shape_mailboxes boxes; /* ready once call_db was called */
	bool begun;              /* call_db was called */
	struct arena heavy;      /* of call_message */
	struct auditing *audit;  /* its place in the log, NULL: none */
	struct archive *alone;   /* of call_archive, where the index cannot be read */
	struct bits visible;     /* of call_visible */
	bool large;              /* this request handles the one large message */
};

/* Prepares the handles of threads that do not exist yet; call_end after they all have ended.
 * archive_dir is borrowed. 1 or -1. */
int call_begin(const char *archive_dir, struct err *err);
void call_end(void);
/* Where others find us: public_url (without "/" at its end; borrowed), or NULL: under the name
 * that each request brings. Called once, before the first one. */
void call_found_at(const char *public_url, bool tls);
/* The beginning of our addresses, without "/" at its end. */
struct str call_base(const struct call *c);
/* A message by id, whole and parsed, in c->heavy. Of messages above LARGE_BYTES only one is in
 * memory at a time, whatever the number of threads. 1; 0 no such message; -1. call_release, in
 * any case. */
int call_message(struct call *c, struct query_message *out, struct str id, struct err *err);
/* Finds a message by id without reading it, if whoever asks may know of it. 1; 0; -1. */
int call_find(struct call *c, struct archive_msg *out, struct str id, struct err *err);
/* Where whoever asks may read. */
struct rights call_rights(const struct call *c);
/* May whoever asks read mail of that account? */
bool call_may_read(const struct call *c, struct str account);
/* The messages that whoever asks may be told of, as rights_visible has them; worked out once for a
 * request, borrowed until call_release. 1 or -1. */
int call_visible(struct call *c, const struct bits **out, struct err *err);
/* Frees what call_message, call_archive and call_visible took; out's slices die. */
void call_release(struct call *c);
/* A handle for this request alone, that may outlive it; prepares c->boxes. Close it with
 * query_db_close. 1 or -1. */
int call_own_db(struct call *c, struct qdb **out, struct err *err);
/* This thread's handle, with the index that was the newest when the request first asked for it;
 * prepares c->boxes. 1 or -1. */
int call_db(struct call *c, struct qdb **out, struct err *err);
/* The archive, also where its index cannot be read, until call_release; *db is NULL then. 1; 0 the
 * index cannot be read, and *err says why (in the log as well); -1. */
int call_archive(struct call *c, struct archive **out, struct qdb **db, struct err *err);
/* The archive's directory, borrowed. */
const char *call_dir(void);
/* Has anybody made anything? So that asking alone makes no file. */
bool call_people_there(void);
/* This thread's handle of what people made. 1 or -1. */
int call_people(struct people **out, struct err *err);
/* What of an error may be told: a change that found no room, or may not write, is to come later,
 * and names no path. The log has what *err said before. */
void call_tell(const struct call *c, struct err *err);
/* Closes this thread's handles, so that the next request opens a fresh one: after ERR_BROKEN. */
void call_drop_db(void);

#endif
