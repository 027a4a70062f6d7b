/* timeline: when the messages found were written, as bars that are links.
 *
 * What: one bar a year, month or day, by how long a time the hits span; a table with the same
 *   numbers. Days are those of UTC.
 * Shape: the hits are gone through once, newest first. When TIMELINE_MS are over, what was
 *   counted so far is shown, and how far it goes back is said.
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include "ask.h"
#include "markup.h"
#include "state.h"

enum { TIMELINE_MS = 2000, TIMELINE_BARS = 62 };

/* Counts the hits of k's query, which is open, and writes the bars. 1 or -1. */
int timeline_write(struct markup *m, const struct ask *k, const struct state *s, struct err *err);

#endif
