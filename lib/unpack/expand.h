/* expand: gzip and zstd as a source of what they hold.
 *
 * What: several gzip members or zstd frames in a row are one file; skippable zstd frames are
 *   passed over. Checksums and lengths are checked (RFC 1952, RFC 8878).
 * Source: zlib, libzstd.
 * Limits: a file of n bytes may give `slack` + `ratio` * n bytes. zstd windows to 128 MiB.
 * Memory: 256 KiB and the window.
 * Errors: ERR_INPUT damaged, cut off or too large; all that came before is given out first.
 */
#ifndef EXPAND_H
#define EXPAND_H

#include "source.h"

struct expand;

/* Do these first bytes begin a gzip or zstd file? */
bool expand_packed(struct str head);
/* Begins one; zstd unless the head is that of gzip. Borrows what the source needs. Close with
 * expand_close (accepts NULL). */
struct expand *expand_open(struct source from, struct str head, uint64_t ratio, uint64_t slack);
void expand_close(struct expand **e);
/* The bytes in it. Borrows e. */
struct source expand_source(struct expand *e);
/* How many bytes of the packed file have been used. */
uint64_t expand_taken(const struct expand *e);

#endif
