/* ifile: writing one file of an index segment.
 *
 * What: a new file, filled front to back, synced once at its end. The segment's directory is
 *   synced and renamed by whoever builds it, so nothing here needs to be atomic.
 * Units: numbers are little-endian.
 * Memory: the struct is the caller's; ifile_end or ifile_abandon gives everything back.
 */
#ifndef IFILE_H
#define IFILE_H

#include "err.h"
#include "str.h"

#include <stdio.h>

struct ifile {
	FILE *f;
	uint64_t size; /* bytes added so far */
};

/* Makes the file (empties one that is there). 1 or -1 (ERR_BROKEN). */
int ifile_begin(struct ifile *w, const char *path, struct err *err);
/* Adds bytes, numbers. Failures are kept and reported by ifile_end. */
void ifile_add(struct ifile *w, const void *p, size_t n);
void ifile_u32(struct ifile *w, uint32_t v);
void ifile_u64(struct ifile *w, uint64_t v);
/* Writes over earlier bytes, then goes on at the end. */
void ifile_patch(struct ifile *w, uint64_t at, const void *p, size_t n);
/* Flushes, syncs and closes it. 1 or -1 (ERR_BROKEN: something could not be written). */
int ifile_end(struct ifile *w, const char *path, struct err *err);
/* Closes it unfinished. Accepts one that is closed. */
void ifile_abandon(struct ifile *w);
/* Numbers at a place in mapped bytes; the caller has checked the length. */
uint32_t ifile_get32(const char *p);
uint64_t ifile_get64(const char *p);

#endif
