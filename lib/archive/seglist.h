/* seglist: the segment files that are there.
 *
 * Errors: ERR_BROKEN when the directory cannot be read.
 */
#ifndef SEGLIST_H
#define SEGLIST_H

#include "arena.h"
#include "err.h"

struct seglist_file {
	uint32_t number;
	uint64_t size;
	bool sealed; /* there is a later segment, or the file of its seal */
};

/* All of them, by number, in the arena. 1 or -1. */
int seglist_read(const char *dir, struct arena *a, const struct seglist_file **out, size_t *n_out,
		 struct err *err);
/* The one of that number, or NULL. */
const struct seglist_file *seglist_find(const struct seglist_file *list, size_t n,
					uint32_t number);

#endif
