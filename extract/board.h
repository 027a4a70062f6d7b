/* board: what a confined child writes down about its document, in memory that it shares.
 *
 * What: the outcome, the type, the reason and the text so far, so that what was read before a
 *   child died is not lost. Who reads it then trusts none of it (extract.c).
 * Shape: text is added piece by piece; a line end or a cell's end is added only behind text.
 *   What only a process with keys can read is laid aside, at the end of the text's room.
 * Limits: `max` bytes of text; what comes then is not added, and the outcome is TRUNCATED.
 */
#ifndef BOARD_H
#define BOARD_H

#include "extract.h"

enum { BOARD_TYPE = 96, BOARD_WHY = 300, BOARD_SEALED = 100 };

struct board {
	uint32_t outcome; /* enum extract_outcome; the worst so far */
	uint32_t done;    /* the reader came to its end */
	uint32_t pictures; /* there are some, whose words can be had by ocr.h or were */
	uint32_t quiet;   /* text is not added: it was before */
	char type[BOARD_TYPE];
	char why[BOARD_WHY];
	uint64_t n, max;
	uint64_t room;   /* of the text and what is laid aside; 0: nothing is, nobody has keys */
	uint64_t opened; /* bytes of plain text that stand in the place of the document's */
	uint32_t n_sealed;
	struct {
		uint64_t from, n; /* in text; n = 0: the whole document */
	} sealed[BOARD_SEALED];
	void (*when_full)(void); /* the child ends; NULL: go on for nothing */
	char text[];
};

/* An empty board with room for max bytes of text behind it. */
void board_begin(struct board *b, size_t max);
/* Adds text, UTF-8. */
void board_text(struct board *b, struct str s);
/* Ends the line (the table cell) if it holds anything. */
void board_line(struct board *b);
void board_cell(struct board *b);
/* Is there no room for more? */
bool board_full(const struct board *b);
/* Lays bytes aside that are encrypted; none: the whole document. 1; 0: nobody has keys; -1: there
 * is no room for them. */
int board_seal(struct board *b, struct str s);
/* Does the second outcome say more than the first? */
bool board_worse(enum extract_outcome is, enum extract_outcome other);
/* Something stood in the way. The first reason of the worst kind stays. */
void board_fault(struct board *b, enum extract_outcome what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
