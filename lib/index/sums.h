/* sums: the SHA-256 of every file of an index segment, in a file that sha256sum -c reads.
 *
 * Shape: <segment>/sums, a line "<64 hex digits>  <path from the segment>" for each file, and for
 *   the dictionary of the generation.
 * Errors: ERR_BROKEN a file cannot be read or written, or is not the one that was summed.
 */
#ifndef SUMS_H
#define SUMS_H

#include "err.h"

/* Writes it, for the files that are there. Not synced. 1 or -1. */
int sums_write(const char *segment, struct err *err);
/* Reads all files again. 1; -1: which file differs, or is missing. */
int sums_check(const char *segment, struct err *err);

#endif
