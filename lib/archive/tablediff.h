/* tablediff: a catalog compared with the one its segments make.
 *
 * What: every table the format has, row by row, in the order of its key, and the text of the
 *   schema. The only value that may differ is `last_seen` of a copy, which may be later than the
 *   segments tell (docs/formats/archive.md, section 7).
 * Errors: differences, and damage that SQLite reports, are findings.
 */
#ifndef TABLEDIFF_H
#define TABLEDIFF_H

#include "db.h"
#include "findings.h"

/* `want` was made from the segments; it may lack indexes. 1 the same; 0 not; -1 (of `want`
 * alone). */
int tablediff_run(struct db *have, struct db *want, struct findings *f, struct err *err);

#endif
