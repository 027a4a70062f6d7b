/* card: the readable fields of vCard and iCalendar.
 *
 * What: names, addresses, summaries, descriptions, people, dates: a line for each, the parts of
 *   a structured value as cells. Pictures, keys and what programs keep for themselves are left out.
 * Source: RFC 6350, RFC 2426, vCard 2.1; RFC 5545.
 */
#ifndef CARD_H
#define CARD_H

#include "document.h"

/* Reads it onto the board. */
void card_read(struct document *d);

#endif
