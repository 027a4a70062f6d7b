/* mend: a good file takes the place of a bad one, which is kept in lost+found.
 *
 * Shape: the bad file gets its second name first, then the good one replaces it by a rename: the
 *   name is never without a file, and whoever is interrupted begins again.
 * Errors: ERR_BROKEN for the disk; ERR_INPUT: the file to copy is not the one that was promised.
 */
#ifndef MEND_H
#define MEND_H

#include "err.h"
#include "hash.h"

/* Copies the file `from` to the name (as "segments/000001.tar.zst") in the archive's directory;
 * its SHA-256 must be that one. 1 or -1. */
int mend_copy(const char *dir, const char *name, const char *from,
	      const unsigned char sha256[HASH_BYTES], struct err *err);
/* Writes the bytes under that name. 1 or -1. */
int mend_write(const char *dir, const char *name, struct str bytes, struct err *err);

#endif
