/* source: bytes pulled from somewhere, one piece after the other.
 *
 * What: the way by which files, standard input and unpacked members are read alike.
 * Memory: a source borrows what it reads from.
 * Errors: those of what is read; ERR_INPUT for a file that cannot be read.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "err.h"
#include "str.h"

#define SOURCE_HEAD 512

struct source {
	/* Reads up to n bytes. 1: *got (at least 1) of them; 0: the end; -1. */
	int (*read)(void *arg, void *p, size_t n, size_t *got, struct err *err);
	void *arg;
};

/* A file descriptor, which stays the caller's, and how many bytes came from it. */
struct source_fd {
	int fd;
	uint64_t taken;
};

/* Another source whose first bytes have been looked at. */
struct source_headed {
	struct source under;
	char head[SOURCE_HEAD];
	size_t n, at;
};

/* The bytes of a descriptor from where it stands. Borrows *f. */
struct source source_fd(struct source_fd *f);
/* Reads the first bytes of `under` into *h, fewer than SOURCE_HEAD only when it ends. 1 or -1. */
int source_head(struct source_headed *h, struct source under, struct err *err);
/* The same bytes again, and then the rest. Borrows *h. */
struct source source_headed(struct source_headed *h);

#endif
