/* sealtext: the text of a seal, which is a checkpoint with more lines.
 *
 * Source: docs/formats/archive.md, "The seal".
 * Shape: written in one way only; what reads differently is no seal.
 */
#ifndef SEALTEXT_H
#define SEALTEXT_H

#include "note.h"

struct sealtext {
	struct note_checkpoint at; /* origin and head are read and written */
	uint32_t segment;
	uint64_t size;                    /* of the segment's file */
	unsigned char sha256[HASH_BYTES]; /* of the segment's file */
	uint64_t messages, bytes;         /* in the segment: how many, and bytes of them all */
	uint64_t first, last;             /* numbers of messages in it, 0: none */
	uint64_t change;                  /* number of the last change told */
	unsigned char previous[HASH_BYTES]; /* SHA-256 of the seal before, zeros: none */
};

/* Appends the text, without a signature. */
void sealtext_write(const struct sealtext *s, struct buf *out);
/* 1: *out borrows from the text; -1 (ERR_INPUT). */
int sealtext_read(struct str text, struct sealtext *out, struct err *err);

#endif
