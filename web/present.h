/* present: values as JSON and pages show them.
 *
 * Source: RFC 3339 (times), RFC 3629 (UTF-8).
 * Memory: strings returned live in the arena given.
 */
#ifndef PRESENT_H
#define PRESENT_H

#include "archive.h"
#include "mail.h"

/* s itself when it is well-formed UTF-8 without NUL; else a copy in which every octet that does
 * not belong to a well-formed sequence, and NUL, is U+FFFD. */
struct str present_utf8(struct arena *a, struct str s);
/* "2020-03-05T23:30:00-08:00": the instant in that zone. "" when the year is not 0..9999. A
 * zone beyond a day counts as UTC. */
struct str present_time(struct arena *a, int64_t epoch, int zone_minutes);
/* For people: "5 Mar 2020, 23:30". "" as above. */
struct str present_day(struct arena *a, int64_t epoch, int zone_minutes);
/* "940 bytes", "12.3 kB", "4.0 MB". */
struct str present_size(struct arena *a, uint64_t bytes);
/* "12,345". */
struct str present_number(struct arena *a, uint64_t n);
/* "Ann Example <ann@example.org>", or what there is of it. */
struct str present_address(struct arena *a, const struct mail_address *m);
/* The names of a copy's flags in a fixed order, then its keywords, and how many. */
size_t present_flags(struct arena *a, const struct archive_copy *c, const struct str **out);

#endif
