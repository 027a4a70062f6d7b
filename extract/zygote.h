/* zygote: a small process that forks a confined child for each piece of work.
 *
 * What: it loads what children need once, gives up files (Landlock), and then forks. A child has
 *   no descriptors but /dev/null and a file in memory for what libraries complain of, a list of
 *   system calls that act on itself only, and limits; who passes them is killed. It leaves
 *   results on its board, which is read when it is dead.
 * Limits: memory is what it may take of its own, over what the zygote had; the mapping comes on
 *   top. Who reads pictures may take what a small document leaves, and its languages count.
 * Errors: ERR_BROKEN, ERR_DENIED when no process, or no confinement, can be had.
 */
#ifndef ZYGOTE_H
#define ZYGOTE_H

#include "board.h"
#include "nursery.h"

#define ZYGOTE_BYTES EXTRACT_BYTES
#define ZYGOTE_TEXT EXTRACT_TEXT

struct zygote_duty {
	/* Before the files are given up; may be NULL. 1 or -1. */
	int (*load)(struct str from, struct err *err);
	void (*work)(struct board *b, const struct extract_document *d); /* in each child */
	struct extract_limits limits;
	struct str from;  /* what load is told: languages, where keys are */
	bool pictures;    /* what it loads counts as memory of the children, who have more */
	bool seals;       /* children may lay aside what is encrypted */
	const char *name; /* of the process; NULL: sheaf-extract */
};

/* How a child ended. */
struct zygote_end {
	int signal;       /* that killed it; 0: none */
	bool late;        /* it was killed because its time was up */
	bool no_memory;   /* it, or a library, complained of that */
	uint64_t peak_kb; /* the most memory it had, mappings included */
	char report[200]; /* a line of a sanitizer's; "" in a program without */
};

struct zygote {
	struct proc p;
	struct zygote_duty duty;
	struct sheet *sheet; /* shared with children */
	struct nursery *nursery; /* forks it, if there is one, started behind zygote_init */
};

/* Prepares the memory; nothing is started. Free with zygote_free. 1 or -1. */
int zygote_init(struct zygote *z, const struct zygote_duty *duty, struct err *err);
void zygote_free(struct zygote *z);
/* Ends it; the next work has one that loads from `from`, which lives on. */
void zygote_anew(struct zygote *z, struct str from);
/* Forks the zygote now, if it is not there, rather than at the first piece of work. 1 or -1. */
int zygote_start(struct zygote *z, struct err *err);
/* Runs one piece of work in a child, forking the zygote first if it is not there. The document is
 * at most ZYGOTE_BYTES. The board stays as it is until the next call. 1; 0 the zygote died; -1. */
int zygote_run(struct zygote *z, const struct extract_document *d, struct zygote_end *end,
	       struct err *err);
/* What the last child left; hostile. */
const struct board *zygote_board(const struct zygote *z);
/* Plain text that the last child wrote in the place of its document, until the next call. */
struct str zygote_opened(const struct zygote *z);

#endif
