/* quote: what of a mail's text is not its writer's own.
 *
 * What: tells lines that are quoted, and what announces them, from the rest. Quoted is
 *   - a line that begins with '>', blanks before it aside;
 *   - "On … wrote:" over at most four lines, with a digit in it. When the next line that is not
 *     blank has no '>', all that follows is quoted, too;
 *   - a line of dashes with "Original Message", "Forwarded message", "Forwarded by" or the like,
 *     and all that follows;
 *   - "From:" with "Sent:" or "Date:" and "Subject:" among the five lines behind it (Outlook's
 *     block), and all that follows.
 * Source: what mail programs write; there is no standard (RFC 3676 4.5 knows '>').
 * Shape: a walk over a text. Works in time linear in its length.
 * Memory: borrows the text.
 */
#ifndef QUOTE_H
#define QUOTE_H

#include "str.h"

struct quote {
	struct str rest;
	bool to_end; /* all that is left is quoted */
};

/* A walk over decoded text (HTML as a reader sees it), mapped (casemap.h) or not. */
struct quote quote_begin(struct str text);
/* The next run of lines (with their ends) that are all quoted or all not. 1; 0: the end. */
int quote_next(struct quote *q, struct str *piece, bool *quoted);

#endif
