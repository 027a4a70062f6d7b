/* verify: does the archive hold what it says?
 *
 * What: quick: the catalog in itself, and against the segments' files and frames. Deep: every frame
 *   decompressed, every message hashed, everything the segments tell replayed into a catalog of
 *   verify's own and compared with the archive's, row by row.
 * Shape: takes no lock, writes nothing into the archive, works while a writer writes (it looks at
 *   one commit) and on read-only media. The catalog of its own is SQLite's temporary file.
 * Memory: as replay.h and segcheck.h say; findings as findings.h says.
 * Errors: ERR_INPUT no archive there; ERR_LATER; damage is a finding, not an error.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "err.h"
#include "findings.h"
#include "stamps.h"

struct verify_options {
	bool deep, progress;
	const char *tsa_roots; /* certificates that timestamps must lead to, NULL: any */
};

/* What was looked at. */
struct verify_result {
	uint64_t segments, frames, messages, copies;
	uint64_t stored, raw; /* bytes of files; deep: of the frames' content */
	uint64_t unfinished;  /* bytes behind the last commit; no fault */
	uint64_t sealed;      /* segments that are sealed, */
	uint64_t proved;      /* and the messages the newest sound seal covers */
	struct stamps_result stamps; /* timestamps of seals */
	uint64_t destroying;  /* disposals not destroyed to the end; no fault */
};

/* 1: all holds; 0: it does not, see *f; -1: could not be found out. */
int verify_archive(const char *dir, const struct verify_options *o, struct verify_result *out,
		   struct findings *f, struct err *err);

#endif
