/* rewrite: the note that a sealed segment was rewritten, as messages in it were destroyed.
 *
 * Source: docs/formats/archive.md, "Destruction".
 * Shape: segments/<n>.rewrite, a signed note by the key of the seals. The seal itself never
 *   changes. A file is sound when its SHA-256 is the seal's, or that of the newest note, or (in
 *   the moment in which the note is there and the file is not yet) the one the note replaces.
 * Errors: ERR_INPUT for a text that is no such note; ERR_BROKEN for the disk.
 */
#ifndef REWRITE_H
#define REWRITE_H

#include "note.h"

struct rewrite {
	struct str origin;   /* name of the key */
	uint32_t segment;
	uint64_t size;       /* of the file, as before */
	unsigned char sha256[HASH_BYTES];   /* of the new file */
	unsigned char replaces[HASH_BYTES]; /* of the file before */
	uint64_t destroyed;  /* messages in this segment of which only the leaf is left */
	unsigned char seal[HASH_BYTES];     /* SHA-256 of the segment's seal */
};

/* Writes "<dir>/segments/000001.rewrite" into path (n bytes). */
void rewrite_path(char *path, size_t n, const char *dir, uint32_t segment);
/* Appends the text, without a signature. */
void rewrite_write(const struct rewrite *w, struct buf *out);
/* 1: *out borrows from the text; -1. */
int rewrite_read(struct str text, struct rewrite *out, struct err *err);
/* Makes and signs the note, and puts it in the place of an older one, durable. 1 or -1. */
int rewrite_put(const char *dir, struct rewrite *w, struct err *err);
/* The note of a segment, checked with the key; `text` (at least NOTE_MOST) keeps its bytes. 1; 0
 * there is none; -1 (ERR_INPUT: not sound). */
int rewrite_get(const char *dir, uint32_t segment, const struct note_key *key, struct buf *text,
		struct rewrite *out, struct err *err);

#endif
