/* stamps: the timestamps beside the seals, segments/<n>.tsr.
 *
 * Source: docs/formats/archive.md, "Timestamps".
 * Shape: one for a seal, of the bytes of its file. One that is there is never overwritten.
 * Errors: as timestamp.h; ERR_BROKEN for the disk.
 */
#ifndef STAMPS_H
#define STAMPS_H

#include "db.h"
#include "findings.h"
#include "timestamp.h"

/* Writes "<dir>/segments/000001.tsr" into path (n bytes). */
void stamps_path(char *path, size_t n, const char *dir, uint32_t segment);
/* Checks the timestamp of a seal, given by its text. 1; 0 there is none; -1 (ERR_INPUT: it is
 * not sound). */
int stamps_get(const char *dir, uint32_t segment, struct str seal, const char *roots,
	       struct timestamp *out, struct err *err);
/* Puts a checked answer there, durable. ERR_INPUT: there is one. */
int stamps_put(const char *dir, uint32_t segment, struct str answer, struct err *err);

struct stamps_of {
	const char *dir;
	struct db *db;
	const char *roots; /* file of trusted certificates, NULL: none */
};
struct stamps_result {
	uint64_t sound;         /* of how many seals */
	uint32_t segment;       /* the newest of them, */
	struct timestamp newest;
};
/* Looks at all; what is not sound is found. 1; -1 the check itself could not be done. */
int stamps_check(const struct stamps_of *of, struct findings *f, struct stamps_result *out,
		 struct err *err);

#endif
