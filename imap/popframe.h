/* popframe: cuts a POP3 server's byte stream into lines and multi-line answers.
 *
 * What: a line at a time; after popframe_body the lines up to "." as a stream, with the dots that
 *   were put before lines taken away.
 * Source: RFC 1939 3. Lines end in CRLF, and only behind CRLF a dot means something: a message
 *   may hold a bare CR or LF, NUL, and lines of any length.
 * Shape: pull. Give it input in any pieces; it takes some and says what it has.
 * Limits: POPFRAME_LINE bytes a line; what comes as a stream has no limit here.
 * Errors: ERR_INPUT: this is not POP3. Nothing after that can be trusted: hang up.
 */
#ifndef POPFRAME_H
#define POPFRAME_H

#include "buf.h"
#include "err.h"

#define POPFRAME_LINE ((size_t)4 << 10)

enum popframe_event {
	POPFRAME_MORE, /* all input was taken, more is needed */
	POPFRAME_ONE,  /* `data` is a line without its CRLF, until the next step */
	POPFRAME_DATA, /* `data` is the next piece of a stream, until the next step */
	POPFRAME_END   /* the stream has ended; lines follow */
};

struct popframe {
	struct buf line;
	int state;
};

struct popframe_out {
	enum popframe_event event;
	struct str data;
};

/* Ready for the first byte, a line's. Free with popframe_free. */
void popframe_init(struct popframe *f);
/* Behind a line: what follows is a stream. */
void popframe_body(struct popframe *f);
/* Takes input off the front of *in until there is an event. 1 or -1 (ERR_INPUT). */
int popframe_step(struct popframe *f, struct str *in, struct popframe_out *out, struct err *err);
void popframe_free(struct popframe *f);

#endif
