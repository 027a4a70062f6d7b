/* thread: the thread of a message, as whoever asks may see it.
 *
 * What: lists and names threads from the table beside the index (lib/thread/threads.h). Messages
 *   that are hidden, or outside the asker's accounts, are as if they were not there: a thread is
 *   called after its first message that may be seen. A message that came after the table was
 *   brought up to date is a thread by itself.
 * Shape: struct thread_table is a part of a read handle, opened when first asked for.
 * Memory: in the arenas given.
 */
#ifndef THREAD_H
#define THREAD_H

#include "arrange.h"
#include "query.h"
#include "threads.h"

struct match_tree; /* match.h */

struct thread_table {
	struct threads *t;
	char dir[4096]; /* of the generation t belongs to */
};
/* Frees what it holds. */
void thread_close(struct thread_table *x);

/* A thread in reading order. */
struct thread {
	struct str id;
	const struct arrange_line *lines; /* their kin: number, date, hash */
	size_t n;
	bool cut; /* it is longer than THREADS_MOST */
};
/* By id: "t" and 16 digits, or the first digits of a message's id, with or without a "t". With
 * rights in some accounts these are 16 or all. 1; 0 there is none; -1. */
int thread_find(struct qdb *db, struct arena *a, const struct rights *r, struct str id,
		struct thread *out, struct err *err);
/* That of a message. 1; 0 it may not be seen; -1. */
int thread_list(struct qdb *db, struct arena *a, const struct rights *r, uint64_t number,
		struct thread *out, struct err *err);
/* Only its name; m may be seen. 1 or -1. */
int thread_name(struct qdb *db, struct arena *a, const struct rights *r,
		const struct archive_msg *m, struct str *out, struct err *err);
/* What messages of one thread have in common: a number for each of the messages 1 to `last`, by
 * number, good as long as the table stays as it is. One pass, 4 bytes a message. 1 or -1. */
int thread_labels(struct qdb *db, struct arena *a, uint64_t last, const uint32_t **out,
		  struct err *err);
/* Fills in the THREAD leaves of a tree. 1 or -1. */
int thread_resolve(struct qdb *db, struct match_tree *tree, const struct rights *r,
		   struct err *err);
/* The names of threads that ended when messages behind `since` came. 1 or -1. */
int thread_gone(struct qdb *db, struct arena *a, uint64_t since, const uint64_t **out, size_t *n,
		struct err *err);

#endif
