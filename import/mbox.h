/* mbox: the "From " line between the messages of an mbox file.
 *
 * What: tells a separator from a line of text that happens to begin with "From ", and reads its
 *   date. The senders and additions of the many writers of mbox differ; the date is what all
 *   have: a weekday, a month, a day, a time and a year, in the order of asctime or of RFC 5322.
 * Source: RFC 4155, and the variants of mailers that wrote "remote from", zones, or full
 *   addresses with blanks.
 * Limits: lines above MBOX_LINE bytes are text.
 */
#ifndef MBOX_H
#define MBOX_H

#include "str.h"

#define MBOX_LINE 1000

/* How a writer of mbox treated lines of text that begin with "From ", and what ends a record. */
enum mbox_format {
	MBOX_AUTO,
	MBOX_O,  /* mboxo: '>' before "From " only */
	MBOX_RD, /* mboxrd: '>' before any run of '>' and "From " */
	MBOX_CL, /* mboxcl: Content-Length gives the size of the body; quoted as mboxo */
	MBOX_CL2 /* mboxcl2: Content-Length, and nothing is quoted */
};

/* When the message was delivered, as the line says. A line without a zone counts as UTC. */
struct mbox_date {
	int64_t epoch; /* seconds UTC */
	int16_t zone;  /* minutes east */
};

/* Is `line` (with or without its line end) a separator? 1: *out is its date; 0: no. */
int mbox_from(struct str line, struct mbox_date *out);
/* "mboxo", "mboxrd", "mboxcl", "mboxcl2", "auto" to a format. 1: *out is set; 0: no such name. */
int mbox_format(struct str name, enum mbox_format *out);
/* Length of the run of '>' when the line is a quoted "From " line (">From ", ">>From ");
 * 0 when it is not. */
size_t mbox_quoted(struct str line);

#endif
