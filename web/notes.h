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
/* The index is behind; messages were not searched; time was up. */
void notes_limits(struct markup *m, const struct ask *k, const struct ask_summary *s);
/* Below the list: how many messages cannot be searched fully. */
void notes_partial(struct markup *m, const struct ask_summary *s);

#endif
