/* seal: finishing a segment, and proving what is in it.
 *
 * Source: docs/formats/archive.md, "Seals".
 * Shape: the end of the segment is written and synced; then one transaction of the catalog has the
 *   seal; then the file segments/<n>.seal is made from the catalog. A crash before the transaction
 *   leaves an end that recovery cuts off, a crash behind it a file that the next writer makes.
 * Errors: as archive.h; ERR_DENIED when the key to seal with is missing.
 */
#ifndef SEAL_H
#define SEAL_H

#include "archive.h"
#include "sealtext.h"

struct txn;

/* Commits, and seals the segment at hand; the next message begins another. 1; 0 nothing has come
 * since the last seal; -1. */
int seal_now(struct archive *ar, struct err *err);
/* The newest seal as it stands in its file, in the arena. 1; 0 nothing is sealed; -1. */
int seal_newest(struct archive *ar, struct arena *a, struct str *out, struct err *err);
/* Writes "<dir>/segments/000001.seal" into path (n bytes). */
void seal_path(char *path, size_t n, const char *dir, uint32_t segment);
/* What a seal says; its signature is not looked at. 1: *out borrows from the note; 0: no seal. */
int seal_read(struct str note, struct sealtext *out);
/* SHA-256 of a whole file, and its size. 1; 0 no such file; -1. */
int seal_hash_file(const char *path, uint64_t *size, unsigned char out[HASH_BYTES],
		   struct err *err);

/* For archive.c: seals the segment at hand, between transactions. 1, or gives up. */
int seal_segment(struct txn *t, struct err *err);
/* For archive.c: makes the file of the last seal if a crash left it out. 1 or -1. */
int seal_recover(struct txn *t, struct err *err);

#endif
