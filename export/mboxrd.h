/* mboxrd: a message as a record of an mbox file.
 *
 * Source: RFC 4155; the quoting is that of mboxrd: every line that is a run of '>' (or none)
 *   before "From " gets one more '>'. Lines end with LF.
 * Shape: first all pieces of a message go through mboxrd_check, then through mboxrd_write; a
 *   message may be cut into pieces anywhere.
 * Limits: not every message can be got back exactly: those with an LF that has not exactly one CR
 *   before it, without a final line end, or with more than 900 '>' at the start of a line.
 */
#ifndef MBOXRD_H
#define MBOXRD_H

#include "buf.h"

struct mboxrd {
	bool bol;	  /* at the beginning of a line, or in its run of '>' */
	bool cr;	  /* a CR is held back: LF may follow */
	bool unfit;	  /* check: it cannot be got back exactly */
	bool ended;	  /* check: the last byte was an LF, or there was none */
	size_t run, crs;  /* check: of '>' at the start of this line; of CRs just before */
	unsigned matched; /* write: letters of "From " held back */
};

/* Before a message is checked, and again before it is written. */
void mboxrd_start(struct mboxrd *m);
/* Looks at the next piece. */
void mboxrd_check(struct mboxrd *m, struct str piece);
/* After all pieces: can the message be got back exactly? */
bool mboxrd_fits(const struct mboxrd *m);
/* Appends the line that begins a record; a date before 1970 is written as the first second of
 * that year, because readers do not take such a line for a separator otherwise. */
void mboxrd_from(struct buf *out, int64_t internaldate);
/* Appends the next piece of a message that fits, quoted; at most 2 * piece.n + 8 bytes. */
void mboxrd_write(struct mboxrd *m, struct str piece, struct buf *out);
/* Appends the empty line that ends a record. */
void mboxrd_end(struct buf *out);

#endif
