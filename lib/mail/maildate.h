/* maildate: the Date field.
 *
 * Source: RFC 5322 3.3; docs/search.md, "A usable Date".
 */
#ifndef MAILDATE_H
#define MAILDATE_H

#include "mail.h"

/* Reads a Date value, folded or not. .usable is false when it cannot be used. */
struct mail_date maildate_parse(struct str raw);
/* The day number (1970-01-01 is 0) of a date of the Gregorian calendar. 1; 0: no such day. */
int maildate_day(int year, int month, int day, int32_t *out);

#endif
