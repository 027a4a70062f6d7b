/* threads: which messages are of one thread.
 *
 * What: a table beside the index, made from what messages say (kin.h) and what servers said of
 *   their threads. Two messages are of one thread when a row of messages lies between them of which
 *   each shares a key with the next: so the answer is the same in whatever order they came.
 * Source: docs/formats/index.md, "threads.db"; docs/decisions/0010-threads.md.
 * Shape: one writer, the indexer; readers see what was committed last. Derived: made anew at will.
 * Names: a thread is called after its first message (by date, then by hash): "t" and 16 digits of
 *   its SHA-256. Any message's name with a "t" before it is good to ask with.
 * Errors: as db.h.
 */
#ifndef THREADS_H
#define THREADS_H

#include "archive.h"
#include "kin.h"

struct threads;

/* For writing: makes it when there is none, or one of another version. `dir`: the generation's
 * directory. Close with threads_close. 1 or -1. */
int threads_create(struct threads **out, const char *dir, struct err *err);
/* For reading. 1; 0 there is none; -1. */
int threads_open(struct threads **out, const char *dir, struct err *err);
/* Accepts NULL. */
void threads_close(struct threads **t);
/* Up to which message all is known. 1 or -1. */
int threads_done(struct threads *t, uint64_t *out, struct err *err);

/* Adds messages, in one transaction; their numbers go on from threads_done. 1 or -1. */
int threads_add(struct threads *t, const struct kin *list, size_t n, struct err *err);
/* Takes up what servers said of threads since the last time, of messages known here. 1 or -1. */
int threads_servers(struct threads *t, struct archive *ar, struct err *err);

/* The name of a message's thread. */
struct threads_name {
	uint64_t hash;  /* of its first message */
	uint64_t label; /* of the thread, good for this handle until it changes */
	uint64_t n;     /* messages */
};
#define THREADS_ID_SIZE 18
/* As text, with a NUL. */
void threads_id(uint64_t hash, char out[THREADS_ID_SIZE]);
/* Of the message with that number. 1; 0: not known yet; -1. */
int threads_of(struct threads *t, uint64_t number, struct threads_name *out, struct err *err);
/* The labels of the messages 1 to `last`, by number (out[0] is nothing); that of a message that is
 * not known is its own number. In the arena. t NULL: none is known. 1 or -1. */
int threads_labels(struct threads *t, struct arena *a, uint64_t last, const uint32_t **out,
		   struct err *err);
#define THREADS_MOST ((size_t)20000)
/* The messages of a thread by its label, ascending by number; keys left out. At most
 * THREADS_MOST, and then those that came first. 1 or -1. */
int threads_members(struct threads *t, struct arena *a, uint64_t label, const struct kin **out,
		    size_t *n, struct err *err);
/* The names of threads that were joined to others, or got an older first message, when messages
 * behind `since` came. 1 or -1. */
int threads_gone(struct threads *t, struct arena *a, uint64_t since, const uint64_t **out,
		 size_t *n, struct err *err);

#endif
