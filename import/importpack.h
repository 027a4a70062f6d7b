/* importpack: a tar, zip, gzip or zstd file as many files.
 *
 * What: members become messages as files in directories do; what is packed within is unpacked
 *   too. The source of a copy is "path!member#hash".
 * Limits: those of unpack_usual; IMPORTPACK_NAME bytes of a path.
 */
#ifndef IMPORTPACK_H
#define IMPORTPACK_H

#include "importjob.h"

#define IMPORTPACK_NAME 4000

/* Imports everything in a packed file; `it` is what would be said of the file itself. Damage is
 * counted and said, what came before it stays. 1 or -1. */
int importpack(struct importjob *j, const struct importjob_item *it, struct source from,
	       struct err *err);

#endif
