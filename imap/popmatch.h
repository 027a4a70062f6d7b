/* popmatch: rematch.h's words in POP3.
 *
 * What: the headers of messages whose names are new, by TOP n 0; what they say is date and fields.
 */
#ifndef POPMATCH_H
#define POPMATCH_H

#include "popfetch.h"

struct popmatch {
	struct popfetch_ctx *c;
	struct str mailbox;
	const struct popmail *mails; /* ascending by UID */
	size_t n;
};
/* Tries to match these UIDs. *done, which the caller frees, gets those that are recorded now, the
 * sample too; not sorted. 1 tried; -1 broken off. */
int popmatch_run(struct popmatch *m, const struct uidset *want, struct uidset *done,
		 struct err *err);

#endif
