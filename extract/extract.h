/* extract: the front door of extract/. The bytes of one document -> its text.
 *
 * What: tells what a document is by its content, and reads its text in a confined child of its
 *   own: no network, no files, no children, limits on memory, time and text. A child that breaks
 *   one is killed, and the outcome says so; what it had read by then is given out.
 * Shape: a handle keeps a small process that has the libraries loaded and forks a child for each
 *   document (zygote.h). Open it early: before threads, before a server confines itself, and
 *   before the process has grown, for the children begin as its copies.
 *   Where pictures shall be read, documents that hold some go through a second process, which has
 *   tesseract loaded from the first of them on.
 *   Whoever has private keys must not read what strangers wrote, so what is encrypted by S/MIME
 *   takes three steps: a child without keys finds it, a child of another process, which alone has
 *   the keys and reads nothing else, makes it plain (unseal.h), and again one without keys reads
 *   that. This process has none of them either.
 * Limits: struct extract_limits, for each process; EXTRACT_OPENED encrypted ones in a document.
 * Memory: results are in the caller's arena. The handle shares 80 MiB of addresses with its
 *   children, twice with keys, of which the document and its text take what they need.
 * Threads: one at a time for each handle.
 */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "arena.h"
#include "err.h"

/* Counts up when the text of a document may come out differently. */
#define EXTRACT_VERSION 2

/* The most that a list of languages may be, its end included. */
#define EXTRACT_LANGUAGES 64

/* The most that there may be of a document, and of its text. */
#define EXTRACT_BYTES ((size_t)64 << 20)
#define EXTRACT_TEXT ((size_t)16 << 20)
enum { EXTRACT_OPENED = 100 };

enum extract_outcome {
	EXTRACT_SEARCHED,  /* all of its text is here */
	EXTRACT_EMPTY,     /* it was read and holds no text (a scan, an empty file) */
	EXTRACT_ENCRYPTED, /* it, or something in it, cannot be read without a key */
	EXTRACT_TRUNCATED, /* only a part of its text is here */
	EXTRACT_TOO_BIG,   /* it, or something in it, was too large to be read */
	EXTRACT_FAILED,    /* damaged, or its reader was killed */
	EXTRACT_UNKNOWN,   /* nobody here reads this type, or that of something in it */
	EXTRACT_LAST = EXTRACT_UNKNOWN
};

/* What is to be read. The type and the name may be empty: they decide only between types that
 * look alike (a text and a table, a key and a message). */
struct extract_document {
	struct str bytes;
	struct str type; /* as declared, "text/csv" */
	struct str name; /* of the file */
	struct str ocr;  /* the languages of the words in pictures, "eng+deu"; "": pictures are not
			  * read (extract_languages) */
};

/* There may be text with every outcome but EMPTY. */
struct extract_result {
	enum extract_outcome outcome;
	struct str type; /* by content, "application/pdf" */
	struct str why;  /* for people, one line; "" when there is nothing to say */
	struct str text; /* UTF-8; LF between paragraphs, TAB between cells. What is in a container
			  * stands below a line with its name */
	size_t memory;   /* the most that its child had, everything included, bytes */
	bool pictures;   /* there are some in it: what it is read to be depends on `ocr` */
};

struct extract_limits {
	size_t bytes;     /* of the document: 64 MiB, and never more */
	size_t text;      /* that comes out of it: 16 MiB, and never more */
	size_t memory;    /* that a child may take: 160 MiB beside those two, so 256 in all */
	unsigned seconds; /* 20 */
};
extern const struct extract_limits extract_usual;

struct extract;

/* Starts the process that forks. limits NULL: the usual ones. keys: a PEM file or a folder of them
 * (keyring.h), or NULL. Close with extract_close (accepts NULL). 1 or -1 (ERR_DENIED: the keys). */
int extract_open(struct extract **out, const struct extract_limits *limits, const char *keys,
		 struct err *err);
void extract_close(struct extract **x);
/* Reads a document. Whatever it does, this is 1 and *out is set; -1 only when no process can be
 * had. */
int extract_text(struct extract *x, struct arena *a, const struct extract_document *d,
		 struct extract_result *out, struct err *err);
/* Has what reads pictures started, now rather than for the first picture; without languages it does
 * nothing. 1 or -1 (ERR_DENIED: it cannot, and what to install). */
int extract_ready(struct extract *x, struct str ocr, struct err *err);
/* From now on those who read are started as copies of the process as it is now (nursery.h). Asked
 * before there are secrets and threads. 1 or -1. */
int extract_keep(struct extract *x, struct err *err);
/* Can they be started, if that was asked? */
bool extract_sound(const struct extract *x);
/* Is it a list of languages that tesseract could know? "" is none. */
bool extract_languages(struct str s);
/* "searched", "empty", "encrypted", "truncated", "too big", "failed", "unknown type". */
const char *extract_outcome_name(enum extract_outcome o);

#endif
