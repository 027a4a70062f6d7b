/* hitlist: search results as lines on standard output.
 *
 * Shape: begin, add …, end. Text lines are: date, sender, subject, id, mailbox.
 */
#ifndef HITLIST_H
#define HITLIST_H

#include "query.h"
#include "shape.h"

enum hitlist_format {
	HITLIST_TEXT,
	HITLIST_JSON,   /* one object with all of it, as the REST API answers */
	HITLIST_NDJSON, /* one object a line for each message */
	HITLIST_IDS     /* hex SHA-256, one a line */
};

struct hitlist {
	enum hitlist_format format;
	struct qdb *db;
	struct shape_mailboxes boxes;
	struct arena arena;  /* the epochs' */
	unsigned columns;    /* of the terminal, 0: none */
	json_t *messages;    /* HITLIST_JSON */
};

/* Starts; db is borrowed until hitlist_end, which also gives back the memory. */
void hitlist_begin(struct hitlist *l, enum hitlist_format format, struct qdb *db);
/* Prints or keeps one result; scratch in a. 1; 0 standard output is gone; -1. */
int hitlist_add(struct hitlist *l, struct arena *a, const struct query_hit *h, struct err *err);
/* Accepts a list that was begun, at any point. */
void hitlist_end(struct hitlist *l);

#endif
