/* findings: what is wrong with an archive, with the place of each.
 *
 * Limits: all are counted, the first FINDINGS_KEPT are kept.
 * Memory: an all-zero struct is an empty list; findings_free gives the memory back.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include "arena.h"

#define FINDINGS_KEPT 1000

/* Where it is; what is 0 or empty does not apply. */
struct findings_item {
	uint32_t segment;  /* 0: the catalog */
	uint64_t frame;    /* byte of the segment's file where the frame begins */
	uint64_t offset;   /* byte of the frame's content */
	uint64_t number;   /* of the message */
	struct str member; /* name in the segment */
	struct str text;   /* what is wrong */
};

struct findings {
	struct arena a;
	struct findings_item *items;
	size_t n;       /* kept */
	uint64_t count; /* found */
};

/* Adds one; the strings are copied, the text is made from the format. */
void findings_add(struct findings *f, const struct findings_item *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds a finding about the catalog. */
void findings_catalog(struct findings *f, uint64_t number, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Empties the list and frees it. */
void findings_free(struct findings *f);

#endif
