/* segments: the index segments a reader has open, following what is published.
 *
 * Memory: the list and its segments belong to the handle until segments_close or the next
 *   segments_refresh.
 */
#ifndef SEGMENTS_H
#define SEGMENTS_H

#include "inside.h"
#include "iseg.h"

struct segments {
	const char *dir;      /* the archive's, borrowed */
	struct arena a;
	struct str generation;
	bool closed;          /* attachments are not looked into */
	struct str ocr;       /* languages of the words in pictures, "": they are not read */
	bool lost;            /* they cannot be opened, and nobody wants them (noindex.h) */
	struct iseg *list;    /* ascending, without gaps from message 1 */
	size_t n;
	struct inside *inside; /* see segments_inside */
};

/* Starts with none. */
void segments_init(struct segments *s, const char *archive_dir);
/* Takes up what is published now; segments that stay are not opened again. 1 or -1. */
int segments_refresh(struct segments *s, struct err *err);
void segments_close(struct segments *s);
/* The highest message number covered, 0: none. */
uint64_t segments_last(const struct segments *s);
/* What looks into attachments of messages whose record does not tell; borrowed until the next
 * refresh. NULL: in this generation nothing does. */
struct inside *segments_inside(struct segments *s);
/* The numbers of messages with one of the terms, ascending, in the arena. 1 or -1. */
struct segments_terms {
	const struct str *list;
	size_t n;
};
int segments_marked(const struct segments *s, struct arena *a, struct segments_terms terms,
		    const uint64_t **out, size_t *n_out, struct err *err);
/* The segment that holds a message, or NULL. */
struct iseg *segments_find(const struct segments *s, uint64_t number);

#endif
