/* members: what stands in a packed document, one after the other.
 *
 * What: zip, tar, 7z, and gzip, bzip2, xz, zstd and lzma around a tar or around one file.
 * Source: libarchive, from memory.
 * Limits: those of document.h; a member is at most EXTRACT_BYTES. What passes one, is damaged or
 *   has a password is said on the board.
 */
#ifndef MEMBERS_H
#define MEMBERS_H

#include "document.h"

struct members;

/* Sets the locale in which libarchive can write all names. */
void members_load(void);
/* Begins (again). Close with members_close (accepts NULL). NULL: damaged, and the board says so. */
struct members *members_open(struct document *d);
void members_close(struct members **m);
/* The next file. *name lives until the next call. 1, or 0 at the end, or behind damage. */
int members_next(struct members *m, struct str *name);
/* The next bytes of the file, *got of them. 1; 0 at its end; -1 it cannot be read on, and the board
 * says so. */
int members_read(struct members *m, const char **p, size_t *got);
/* All of it is appended to *out. 1; 0 it cannot be read whole. */
int members_all(struct members *m, struct buf *out);

#endif
