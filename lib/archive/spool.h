/* spool: the message that is being received.
 *
 * Shape: hashed while it comes; in memory up to 1 MiB, beyond that in an unlinked file of the
 *   archive's own file system.
 * Limits: 4 GiB - 1 bytes (ERR_INPUT).
 * Errors: ERR_BROKEN when the file cannot be made or written. After an error the message is lost;
 *   spool_start begins the next one.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "buf.h"
#include "err.h"
#include "hash.h"

struct spool;

/* What has come, borrowed until the next spool_ call. */
struct spool_body {
	uint64_t size;
	uint64_t bare_lf; /* how many LF have no CR before them */
	struct str mem;   /* all the bytes when fd is -1 */
	int fd;           /* else the file that holds them, from offset 0 */
	unsigned char hash[HASH_BYTES];
};

/* dir is where large messages are kept; borrowed. Free with spool_free (accepts NULL). */
struct spool *spool_new(const char *dir);
void spool_free(struct spool **s);
/* Begins a message, drops what was there. */
void spool_start(struct spool *s);
/* Adds bytes. 1 or -1. */
int spool_write(struct spool *s, const void *p, size_t n, struct err *err);
/* Ends the message. 1: *out describes it; -1. */
int spool_end(struct spool *s, struct spool_body *out, struct err *err);

#endif
