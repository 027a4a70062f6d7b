/* importfile: one file as a run of messages.
 *
 * What: cuts an mbox into its messages, or takes a file as one message; takes the envelope line
 *   off, undoes the quoting of "From " lines, and brings line ends to CRLF, in pieces.
 * Source: RFC 4155; docs/import.md for the kinds of mbox and how they are told apart.
 * Shape: open once, start for each file, next for each message, read for each piece.
 *   A separator is a "From " line with a date, at the start of the file or behind an empty line;
 *   that empty line belongs to it. Only the file's first line may lack the date. In mboxcl and
 *   mboxcl2 a Content-Length rules instead, where a separator or the end of the file stands at
 *   the place it names; that place must be in a regular file, or within one piece.
 * Limits: none on messages or lines. Memory: four times the piece size, for any file.
 * Errors: ERR_INPUT unreadable file.
 */
#ifndef IMPORTFILE_H
#define IMPORTFILE_H

#include "err.h"
#include "hash.h"
#include "mboxhead.h"
#include "source.h"

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
	unsigned flags;        /* of a record of an mbox: what its header says */
	struct str keywords;   /* borrowed until the next message */
};

/* A reader that asks for `piece` bytes at a time (at least 1). Close with importfile_close. */
struct importfile *importfile_open(size_t piece);
void importfile_close(struct importfile **f);
/* Which kind of mbox all files are from now on. The start is MBOX_AUTO. */
void importfile_format(struct importfile *f, enum mbox_format format);
/* Begins a file, read from where the descriptor stands, which stays the caller's to close. */
void importfile_start(struct importfile *f, int fd, enum importfile_kind kind);
/* Begins what `from` gives. When `fd` is not -1, it is a regular file of the same bytes, whose
 * beginning is theirs: it serves to look ahead. */
void importfile_begin(struct importfile *f, struct source from, int fd, enum importfile_kind kind);
/* The next message; what is left unread of the one before is skipped. 1; 0 none left; -1. After an
 * error nothing more comes of the file. */
int importfile_next(struct importfile *f, struct importfile_msg *out, struct err *err);
/* The next piece of the message, valid until the next call. 1; 0 its end; -1. */
int importfile_read(struct importfile *f, struct str *piece, struct err *err);
/* After the end of a message: SHA-256 of its bytes as they stood in the file (from its offset on,
 * envelope line included, separating empty line not). True when they differ from the message. */
bool importfile_found(struct importfile *f, unsigned char out[HASH_BYTES]);

#endif
