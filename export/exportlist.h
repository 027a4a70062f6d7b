/* exportlist: the lists that go with an export: SHA-256 sums and the manifest.
 *
 * Source: sha256sum(1); RFC 8259, one object a line.
 * Shape: lines are gathered in unlinked files, because the manifest begins with the counts and
 *   both come last.
 * Errors: ERR_BROKEN the temporary file cannot be made, written or read.
 */
#ifndef EXPORTLIST_H
#define EXPORTLIST_H

#include "archive.h"

#include <jansson.h>

struct exportlist {
	int fd;
	uint64_t size;
	struct buf lines; /* not in the file yet */
};

/* An unlinked file in dir. 1 or -1. Close with exportlist_close, which accepts an all-zero one. */
int exportlist_open(struct exportlist *l, const char *dir, struct err *err);
void exportlist_close(struct exportlist *l);
/* Appends "<hash>  <path>" and LF. */
int exportlist_sum(struct exportlist *l, const unsigned char hash[HASH_BYTES], struct str path,
		   struct err *err);
/* Appends o as one line, and lets go of it. */
int exportlist_json(struct exportlist *l, json_t *o, struct err *err);
/* Ends the gathering: everything is in the file, *size_out bytes. */
int exportlist_flush(struct exportlist *l, uint64_t *size_out, struct err *err);
/* Copies everything to fd. */
int exportlist_copy(const struct exportlist *l, int fd, struct err *err);

/* Puts text under key, or in hexadecimal under "key.hex" when it is not UTF-8; empty text is left
 * out. */
void exportlist_text(json_t *o, const char *key, struct str s);
/* A copy as the manifest has it; the caller owns it. */
json_t *exportlist_where(const struct archive_epoch *e, const struct archive_copy *c);

#endif
