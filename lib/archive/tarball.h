/* tarball: headers of tar members, made and read.
 *
 * What: POSIX.1-2001 pax records (typeflag 'x') and ustar headers; bytes to bytes, no I/O.
 * Source: POSIX.1-2001, pax, "pax Interchange Format" and "ustar Interchange Format".
 * Shape: a member is [x header, its records, padding], header, bytes, padding; everything in
 *   blocks of 512 bytes. Our own records have the prefix TARBALL_OURS: other tars take them
 *   for extended attributes and stay silent.
 * Limits: names to 4,000 bytes, sizes to 8 GiB - 1.
 */
#ifndef TARBALL_H
#define TARBALL_H

#include "buf.h"
#include "err.h"

#define TARBALL_BLOCK 512
#define TARBALL_OURS "SCHILY.xattr.user.sheaf."

struct tarball_head {
	char type;      /* '0' file, 'x' pax records of the next member, … */
	char name[260]; /* NUL-terminated, prefix and name joined */
	uint64_t size;
	int64_t mtime;
};

/* Appends the headers of a regular file whose bytes then follow; `records` as gathered by
 * tarball_record, or empty. A name over 100 bytes or not ASCII becomes a pax record too. */
void tarball_member(struct buf *out, struct str name, uint64_t size, int64_t mtime,
		    struct str records);
/* Appends the headers of a folder. */
void tarball_folder(struct buf *out, struct str name, int64_t mtime);
/* Appends the header block that stands before n bytes of pax records. */
void tarball_records_head(struct buf *out, uint64_t n, int64_t mtime);
/* Appends one pax record with our prefix. A value that is not UTF-8, or holds a NUL or LF,
 * goes in hexadecimal under "<key>.hex". */
void tarball_record(struct buf *records, const char *key, struct str value);
/* The same for a number. */
void tarball_number(struct buf *records, const char *key, uint64_t value);
/* Zero bytes that follow `size` bytes. */
size_t tarball_padding(uint64_t size);
/* Reads a header block. 1; 0 a block of zeros (end of archive); -1 no header (ERR_BROKEN). */
int tarball_head(const void *block, struct tarball_head *out, struct err *err);
/* Cuts the next record off *records; both slices borrow from it. 1; 0 end; -1 malformed
 * (ERR_BROKEN). */
int tarball_next(struct str *records, struct str *key, struct str *value, struct err *err);

#endif
