/* importfile: one file as a run of messages.
 *
 * What: cuts an mbox into its messages, or takes a file as one message; takes the envelope line
 *   off, undoes the quoting of "From " lines, and brings line ends to CRLF, in pieces.
 * Source: RFC 4155; the quoting is that of mboxrd: one '>' is taken off every line that is a run
 *   of '>' before "From ". (An mbox of the older kind, mboxo, quotes only plain "From " lines;
 *   there a line that was ">From " when sent loses its '>'. The two cannot be told apart.)
 * Shape: open once, start for each file, next for each message, read for each piece.
 *   A separator is a "From " line with a date, at the start of the file or behind an empty line;
 *   that empty line belongs to it. Only the file's first line may lack the date.
 * Limits: none on messages or lines. Memory: four times the piece size, for any file.
 * Errors: ERR_INPUT unreadable file.
 */
#ifndef IMPORTFILE_H
#define IMPORTFILE_H

#include "err.h"
#include "hash.h"
#include "mbox.h"

struct importfile;

enum importfile_kind {
	IMPORTFILE_AUTO,   /* mbox when the first line begins with "From ", else one message */
	IMPORTFILE_SINGLE, /* one message; a first line "From …" is envelope */
	IMPORTFILE_LIKELY, /* as AUTO, but only if it looks like mail; else no message at all */
	IMPORTFILE_AS_IS   /* one message, byte for byte */
};

struct importfile_msg {
	uint64_t offset;       /* where its bytes begin in the file, envelope line included */
	bool mbox;             /* a record of an mbox */
	bool dated;            /* `date` is that of its From line */
	struct mbox_date date;
};

/* A reader that asks for `piece` bytes at a time (at least 1). Close with importfile_close. */
struct importfile *importfile_open(size_t piece);
void importfile_close(struct importfile **f);
/* Begins a file, which stays the caller's to close. */
void importfile_start(struct importfile *f, int fd, enum importfile_kind kind);
/* The next message; what is left unread of the one before is skipped. 1; 0 none left; -1. */
int importfile_next(struct importfile *f, struct importfile_msg *out, struct err *err);
/* The next piece of the message, valid until the next call. 1; 0 its end; -1. */
int importfile_read(struct importfile *f, struct str *piece, struct err *err);
/* After the end of a message: SHA-256 of its bytes as they stood in the file (from its offset on,
 * envelope line included, separating empty line not). True when they differ from the message. */
bool importfile_found(struct importfile *f, unsigned char out[HASH_BYTES]);

#endif
