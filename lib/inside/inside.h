/* inside: what stands inside a message's attachments, into its record. Front door of lib/inside.
 *
 * What: each part that is neither text nor taken apart by MIME is read by extract/, or was
 *   before (insidedb.h), and the record gets its outcome and its text. The indexer and the
 *   matcher come through here, so that both see the same.
 * Source: docs/attachments.md, docs/formats/index.md.
 * Limits: INSIDE_PARTS documents, INSIDE_TEXT bytes of text and INSIDE_SECONDS of a message. What
 *   comes behind them has an outcome that says so.
 * Threads: one handle for each. The process that reads is one for the whole program, started when
 *   first needed, and serves one thread at a time.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "record.h"

#define INSIDE_PARTS 1000
#define INSIDE_TEXT ((size_t)4 << 20)
#define INSIDE_SECONDS 300

struct inside;

struct inside_options {
	const char *dir;   /* of the generation, whose parts.db is read, and if so is said written;
			    * NULL: nothing is remembered */
	bool write;
	const char *older; /* another generation, to take over from what this version of the
			    * extractor found, or NULL */
	bool retry;        /* but not what could not be read, or not wholly */
	struct str ocr;    /* the languages of the words in pictures, "": they are not read */
};
/* Nothing is read yet. Close with inside_close (accepts NULL). */
void inside_open(struct inside **out, const struct inside_options *o);
void inside_close(struct inside **x);
/* A file or folder of private keys for what is encrypted by S/MIME (extract.h), for the whole
 * process, before anything is read; NULL: none. */
void inside_keys(const char *path);
/* Starts the process that reads: early, before there are secrets or threads, and before a server
 * confines itself; one that dies is replaced by a copy of the process as it is now. With languages
 * also that which reads pictures. 1 or -1 (ERR_DENIED: pictures cannot be read, and what to
 * install). */
int inside_start(const char *ocr, struct err *err);
/* Can it still be replaced, as far as is known without waiting for who is reading? */
bool inside_sound(void);
/* Ends it, at the end of a process. */
void inside_stop(void);
/* Takes up a record made of a mail; then looks into one part after the other. 1: there may be
 * more; 0: the record is whole; -1: no process can be had. Everything in the arena. */
void inside_begin(struct inside *x, struct arena *a, struct record *r);
int inside_next(struct inside *x, struct arena *a, const struct mail *m, struct record *r,
		struct err *err);
/* All at once. 1 or -1. */
int inside_fill(struct inside *x, struct arena *a, const struct mail *m, struct record *r,
		struct err *err);

#endif
