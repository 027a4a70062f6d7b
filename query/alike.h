/* alike: which messages of a thread say nothing that others do not say.
 *
 * What: compares what each message's writer wrote himself (lib/mail/quote.h), up to the line "-- ",
 *   by paragraphs: lines between blank ones, mapped, without '>' at the beginning of lines, runs of
 *   white space as one blank. A message has the same text as an earlier one when all its paragraphs
 *   are those, in that order. It is contained in a later one when each of its paragraphs is there,
 *   quoted or not, and together they have at least ALIKE_LEAST bytes.
 *   Earlier and later are by date, then by number. Attachments are not looked at.
 * Source: docs/search.md, "Threads".
 * Limits: the first ALIKE_MOST messages of a thread, and of these no more than have ALIKE_PARAS
 *   paragraphs together; of a message's texts the first 256 KiB. What is beyond is like nothing.
 */
#ifndef ALIKE_H
#define ALIKE_H

#include "thread.h"

enum { ALIKE_MOST = 500, ALIKE_PARAS = 50000, ALIKE_LEAST = 24 };

/* Of a line: the place of the line with the same text, of the first later one that has all of it,
 * or -1. */
struct alike {
	ptrdiff_t same, within;
};
/* One for each line of the thread, in the arena. 1 or -1. */
int alike_make(struct qdb *db, struct arena *a, const struct rights *r, const struct thread *t,
	       const struct alike **out, struct err *err);
/* The same from decoded texts, each with what it is sorted by. For tests, too. */
struct alike_text {
	struct str text; /* as a reader sees it */
	int64_t date;
	uint64_t number;
};
const struct alike *alike_compare(struct arena *a, const struct alike_text *texts, size_t n);

#endif
