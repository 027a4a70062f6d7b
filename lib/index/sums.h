/* sums: the SHA-256 of every file of an index segment, in a file that sha256sum -c reads.
 *
 * Shape: <segment>/sums, a line "<64 hex digits>  <path from the segment>" for each file, and for
 *   the dictionary of the generation. <segment>/stamp, a line "<inode> <size> <time of its last
 *   change>" for each: the files as they were when they last had these sums. Who opens a segment
 *   compares only the stamp, and reads the files when it differs: after a restored backup, a
 *   copy, or damage. What changes on the disk behind the file system's back is found by
 *   check-index only.
 * Source: docs/formats/index.md, "sums" and "stamp".
 * Errors: ERR_BROKEN a file cannot be read or written, or is not the one that was summed.
 */
#ifndef SUMS_H
#define SUMS_H

#include "err.h"

/* Writes both, for the files that are there. Not synced. 1 or -1. */
int sums_write(const char *segment, struct err *err);
/* Are the files those of the stamp? If not, reads them, and writes the stamp anew where it may. As
 * sums_check. */
int sums_trust(const char *segment, struct err *err);
/* Reads all files again. 1; -1: which file differs, or is missing. */
int sums_check(const char *segment, struct err *err);

#endif
