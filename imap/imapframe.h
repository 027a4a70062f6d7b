/* imapframe: cuts a server's byte stream into responses.
 *
 * What: collects one response (a line, with the literals inside it) at a time. The literal of a
 *   whole message (BODY[], BODY[]<n>, BODY[HEADER], BODY[TEXT], RFC822 in a FETCH response) is
 *   not collected: it is handed out in pieces, and a mark stands in its place.
 * Source: RFC 9051 4.3 and 9; literal8 (RFC 3516) is taken like a literal.
 * Shape: pull. Give it input in any pieces; it takes some and says what it has.
 * Limits: IMAPFRAME_LINE bytes a response. Other literals above IMAPFRAME_LITERAL are dropped,
 *   a mark in their place. Sizes up to 2^63-1 are understood; what is too large to be wanted
 *   is the caller's business. No NUL outside literals; lines end in CRLF.
 * Errors: ERR_INPUT: this is not IMAP. Nothing after that can be trusted: hang up.
 */
#ifndef IMAPFRAME_H
#define IMAPFRAME_H

#include "buf.h"
#include "err.h"

#define IMAPFRAME_LINE ((size_t)1 << 20)
#define IMAPFRAME_LITERAL ((uint64_t)64 << 10)
/* In place of a literal stand a NUL and one of these. */
#define IMAPFRAME_BODY_MARK 'B'
#define IMAPFRAME_DROP_MARK 'D'

enum imapframe_event {
	IMAPFRAME_MORE,  /* all input was taken, more is needed */
	IMAPFRAME_BODY,  /* a message of `size` bytes begins; `data` is the response so far */
	IMAPFRAME_DATA,  /* `data` is the next piece of it (borrowed from the input) */
	IMAPFRAME_DONE   /* `data` is a whole response without its CRLF, until the next step */
};

struct imapframe {
	struct buf line;
	int state;
	uint64_t left; /* of the literal */
	size_t text;   /* where the line's text after the last literal begins */
	size_t bodies; /* in this response */
};

struct imapframe_out {
	enum imapframe_event event;
	struct str data;
	uint64_t size;
};

/* Ready for the first byte. Free with imapframe_free. */
void imapframe_init(struct imapframe *f);
/* Takes input off the front of *in until there is an event. 1 or -1 (ERR_INPUT). */
int imapframe_step(struct imapframe *f, struct str *in, struct imapframe_out *out, struct err *err);
void imapframe_free(struct imapframe *f);

#endif
