/* jmapdate: dates as JMAP writes them.
 *
 * Source: RFC 8620, 1.4: "2014-10-30T06:12:00Z"; with a zone in "+02:00" for Date.
 */
#ifndef JMAPDATE_H
#define JMAPDATE_H

#include "arena.h"

/* The first whole second UTC that is not before a date with any zone. false: no date. */
bool jmapdate_read(struct str s, int64_t *out);
/* The date in UTC, and with a zone in minutes east. In the arena; "" for years JMAP cannot say. */
struct str jmapdate_utc(struct arena *a, int64_t at);
struct str jmapdate_zoned(struct arena *a, int64_t at, int zone);

#endif
