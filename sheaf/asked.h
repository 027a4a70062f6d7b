/* asked: the messages a query names, for commands that do something with all of them.
 *
 * What: the query on the command line, the archive and the index opened, warnings said. What is
 *   not indexed yet must not be left out: each such message is looked at.
 * Memory: asked_close frees everything.
 */
#ifndef ASKED_H
#define ASKED_H

#include "cmd.h"
#include "query.h"

/* How the query is meant, as the options say. */
struct asked_options {
	const char *dialect; /* "box" or "imap" */
	const char *account, *mailbox; /* NULL: all; the mailbox may be "account/name" */
	bool no_index;
};

struct asked {
	struct arena arena;
	struct str text; /* the query */
	struct qdb *db;
	struct query *query;
	struct query_options q;
	uint64_t indexed_to, stored_to, not_fully;
};

/* Puts the words together and opens everything; hits come by number. 1 or -1 (then env->query is
 * set for the error's column). */
int asked_open(struct asked *a, struct cmd_env *env, const struct asked_options *o,
	       const struct opts_args *args, struct err *err);
/* Starts the query anew. 1 or -1. */
int asked_again(struct asked *a, struct err *err);
void asked_close(struct asked *a);

#endif
