/* pending: messages whose frame is not in the file yet.
 *
 * What: rows that wait to be told where their frame begins, and then go to the catalog.
 * Shape: in order of arrival, so in order of their frames.
 * Memory: rows of the frames that press.h holds.
 */
#ifndef PENDING_H
#define PENDING_H

#include "catalog.h"

struct pending {
	struct pending_row *rows;
	uint64_t *keys; /* the first bytes of each hash: what a search runs over */
	size_t first, n, cap;
};

/* Adds a message; m->frame counts its frame as segment_frame will. */
void pending_add(struct pending *p, const struct archive_msg *m,
		 const unsigned char leaf[HASH_BYTES]);
/* Is there one with this hash? 1: *number_out; 0. */
int pending_find(const struct pending *p, const unsigned char hash[HASH_BYTES],
		 uint64_t *number_out);
/* The nth frame begins at `start` of the file: adds its messages to the catalog. 1 or -1. */
int pending_placed(struct pending *p, struct db *db, uint64_t nth, uint64_t start,
		   struct err *err);
/* Forgets all; gives the memory back. */
void pending_free(struct pending *p);

#endif
