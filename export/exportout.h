/* exportout: where an export goes: a folder, a file, or standard output.
 *
 * Shape: everything grows under the name "<to>.partial"; exportout_end gives it its name, durably.
 * Errors: ERR_INPUT the target is not free; ERR_BROKEN it cannot be written.
 */
#ifndef EXPORTOUT_H
#define EXPORTOUT_H

#include "buf.h"
#include "err.h"

struct exportout {
	char to[4096], work[4096 + 16]; /* "" for standard output */
	bool folder, made;              /* made: `work` is ours and not ended */
	int fd;                         /* of a file */
	struct ZSTD_CCtx_s *pack;       /* of a file that is compressed */
	char *packed;                   /* room for compressed bytes */
	struct buf path;
	struct buf last; /* the folder made last */
};

/* Checks that `to` is free (a folder may be there when it is empty), and makes "<to>.partial".
 * 1 or -1. Close with exportout_close. */
int exportout_open(struct exportout *o, const char *to, bool folder, struct err *err);
/* From now on what exportout_write writes to the file is a zstd stream. 1 or -1. */
int exportout_pack(struct exportout *o, struct err *err);
/* Appends to the file. 1 or -1. */
int exportout_write(struct exportout *o, const void *p, size_t n, struct err *err);
/* Removes what was not ended. Accepts an all-zero one. */
void exportout_close(struct exportout *o);
/* A directory for temporary files, on the same file system where there is one. Borrowed. */
const char *exportout_temp(struct exportout *o);
/* Makes a folder and those above it, by its path in the export. 1 or -1. */
int exportout_folder(struct exportout *o, struct str path, struct err *err);
/* Makes a new file in the export, or opens one for appending; the caller closes it. 1 or -1. */
int exportout_create(struct exportout *o, struct str path, int *fd_out, struct err *err);
int exportout_append(struct exportout *o, struct str path, int *fd_out, struct err *err);
/* Opens a file of the export for reading. 1 or -1. */
int exportout_read(struct exportout *o, struct str path, int *fd_out, struct err *err);
/* Gives a file of the export another name. 1 or -1. */
int exportout_rename(struct exportout *o, struct str from, struct str to, struct err *err);
/* Makes all bytes so far durable. 1 or -1. */
int exportout_sync(struct exportout *o, struct err *err);
/* Everything is there: gives it its name. 1 or -1. */
int exportout_end(struct exportout *o, struct err *err);

#endif
