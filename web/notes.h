/* notes: what a list of messages must not keep to itself: what of the query was not understood,
 * and what the answer does not cover.
 */
#ifndef NOTES_H
#define NOTES_H

#include "ask.h"
#include "markup.h"

/* "1 message", "12,345 messages", by the two endings. */
void notes_count(struct markup *m, uint64_t n, const char *one, const char *many);
/* What the parser warns of, under the column where it stands. */
void notes_warnings(struct markup *m, const struct ask *k);
/* The query and the place where reading it failed. */
void notes_bad_query(struct markup *m, struct str text, const struct err *err);
/* The index is behind: what of all that who asks may read is not in it. 1 or -1. */
int notes_view(struct markup *m, struct call *c, struct err *err);
/* The same of numbers that are known. */
void notes_behind(struct markup *m, uint64_t indexed_to, uint64_t stored_to);
/* What stood in the way of reading a message, for people, by its name in mail.h. */
struct str notes_mark(struct str name);
/* The index is behind; messages were not searched; time was up. */
void notes_limits(struct markup *m, const struct ask *k, const struct ask_summary *s);
/* Below the list: how many messages cannot be searched fully. */
void notes_partial(struct markup *m, const struct ask_summary *s);

#endif
