/* shape: messages and search results as JSON values, for the REST API and the command line.
 *
 * Source: docs/api.md.
 * Shape: every function returns a new reference. Texts that are not UTF-8 come out with U+FFFD.
 * Memory: scratch in the arena of the call; epochs in the arena given to shape_mailboxes.
 */
#ifndef SHAPE_H
#define SHAPE_H

#include "query.h"

#include <jansson.h>

/* The epochs that copies name. */
struct shape_mailboxes {
	struct archive *ar;
	struct arena *arena;
	struct archive_epoch **found; /* by id */
	size_t n;
	struct qdb *db; /* to name threads; NULL: they are left out */
	struct rights rights;
};

/* Prepares to look epochs up; each is read when it is first asked for. */
void shape_mailboxes(struct shape_mailboxes *boxes, struct archive *ar, struct arena *a);
/* Account, mailbox and UIDVALIDITY of an epoch. 1; 0 there is none; -1. */
int shape_epoch(struct shape_mailboxes *boxes, int64_t id, const struct archive_epoch **out,
		struct err *err);
/* Any bytes as a string. */
json_t *shape_text(struct arena *a, struct str s);
/* Pieces of a message: the fields of a header, the parts, copies (NULL with *err set). */
json_t *shape_headers(struct arena *a, const struct mail_part *p);
json_t *shape_parts(struct arena *a, const struct query_message *m);
/* The parts of a record that were looked into, with what came of it. */
json_t *shape_outcomes(struct arena *a, const struct record *r);
json_t *shape_copies(struct arena *a, struct shape_mailboxes *boxes,
		     const struct archive_copy *list, size_t n, struct err *err);
/* The names of marks (enum mail_mark). */
json_t *shape_marks(unsigned bits);
/* A search result. NULL with *err set (ERR_BROKEN). */
json_t *shape_hit(struct arena *a, struct shape_mailboxes *boxes, const struct query_hit *h,
		  struct err *err);
/* A whole message: headers, parts, copies, at most max_text bytes of text. NULL with *err set. */
json_t *shape_message(struct arena *a, struct shape_mailboxes *boxes,
		      const struct query_message *m, size_t max_text, struct err *err);
/* How far a query got that was stopped, or null. */
json_t *shape_stopped(struct arena *a, const struct query *q);
/* What a query did. */
json_t *shape_explain(struct arena *a, const struct query *q);
/* What the parser took otherwise than written. */
json_t *shape_warnings(struct arena *a, const struct query *q);

#endif
