/* file: files that are whole or not there, and locks.
 *
 * What: reading and writing whole buffers with every error reported, atomic replacement,
 * durable directories, one-writer locks.
 * Errors: ERR_BROKEN for failing disks, ERR_LATER for a lock somebody holds.
 */
#ifndef FILE_H
#define FILE_H

#include "buf.h"
#include "err.h"

#include <sys/types.h>

/* Writes all n bytes at the file position (at `off`), going on after short writes. 1 or -1. */
int file_write(int fd, const void *p, size_t n, struct err *err);
int file_pwrite(int fd, const void *p, size_t n, off_t off, struct err *err);
/* Reads exactly n bytes at `off`. 1; 0 the file ends before; -1. */
int file_pread(int fd, void *p, size_t n, off_t off, struct err *err);
/* Appends the whole file to *out. 1; 0 no such file; -1 (ERR_INPUT: larger than the
 * buf's max). */
int file_load(const char *path, struct buf *out, struct err *err);
/* Replaces (or makes) the file in one durable step: temporary file, fsync, rename, fsync of
 * the directory. 1 or -1. */
int file_replace(const char *path, struct str bytes, struct err *err);
/* fsync of an open file, of a file by name, of a directory. 1 or -1. */
int file_sync(int fd, struct err *err);
int file_sync_path(const char *path, struct err *err);
int file_sync_dir(const char *path, struct err *err);
/* Makes the directory and its missing parents, mode 0700. 1 made or there already; -1. */
int file_mkdirs(const char *path, struct err *err);
/* Removes a directory tree; a missing one is fine. 1 or -1. */
int file_remove_tree(const char *path, struct err *err);
/* Takes the lock of a resource: an flock on `path`, which is made if missing and then holds
 * the process id. 1: *fd_out is the lock, close it to release; -1: ERR_LATER with the holder's
 * process id in the text, or ERR_BROKEN. */
int file_lock(const char *path, int *fd_out, struct err *err);
/* Maps a whole file read-only; an empty file gives the empty slice. 1; 0 no such file; -1.
 * Unmap with file_unmap. */
int file_map(const char *path, struct str *out, struct err *err);
/* Tells the system that a little of a mapped file will be read here and there, so that it reads
 * nothing ahead but n bytes from `first`. Again for other bytes. */
void file_scattered(struct str map, size_t first, size_t n);
/* That it will be read from end to end. */
void file_sequential(struct str map);
void file_unmap(struct str *s);

#endif
