/* mboxhead: what the header of an mbox record says about the record itself.
 *
 * What: Content-Length; and the flags in Status, X-Status, X-Keywords and X-Mozilla-Status, which
 *   mailers that keep mbox files write there. The header stays as it is.
 * Source: no standard; what UW-IMAP, Dovecot, mutt, Python and Thunderbird write.
 * Limits: 1,000 bytes of keywords; what is more is left out.
 */
#ifndef MBOXHEAD_H
#define MBOXHEAD_H

#include "mbox.h"

struct mboxhead {
	size_t body;     /* where the body begins, behind the empty line; 0: no empty line yet */
	bool counted;    /* there is a Content-Length: */
	uint64_t length;
	unsigned flags;  /* as archive flags */
	char keywords[1000];
	size_t n_keywords; /* bytes; words sorted, each once, SP between */
};

/* Reads the header at the beginning of `text` (behind the "From " line), as far as it is there. */
void mboxhead_read(struct str text, struct mboxhead *out);
/* Does a record end `at` bytes into `text`, as a Content-Length said? At the end of the file, or
 * before a separator, with or without an empty line; in `text` a file ends when `whole` is set.
 * `at` is at least 1. 1 yes, 0 no, -1 cannot be told from these bytes. */
int mboxhead_ends(struct str text, uint64_t at, bool whole);
/* Which kind of mbox is this? Looks at `text`, the beginning of the file. MBOX_RD when the first
 * record has no Content-Length, or when more of them can be seen to be false than true; else
 * MBOX_CL2 when a body has an unquoted "From " line, and MBOX_CL when none has. */
enum mbox_format mboxhead_guess(struct str text, bool whole);

#endif
