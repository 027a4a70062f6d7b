/* sealcheck: are the sealed segments what their seals say?
 *
 * What: signatures, the chain of seals, sizes and SHA-256 of the files, counts, and the log's tree
 *   head, computed anew from the catalog's leaves. It writes nothing.
 * Shape: what is wrong is found, not an error: the check goes on with the next segment. Whether
 *   the leaves are those of the messages is seen only by reading the messages (leaf_of).
 */
#ifndef SEALCHECK_H
#define SEALCHECK_H

#include "db.h"
#include "findings.h"
#include "sealtext.h"

/* An archive's directory and its catalog. */
struct sealcheck_of {
	const char *dir;
	struct db *db;
	bool files; /* read the segments and compare their SHA-256, else their sizes only */
};
struct sealcheck_result {
	uint64_t segments; /* sealed ones looked at */
	uint64_t messages; /* covered by the newest sound checkpoint */
};

/* Has the file of a sealed segment the SHA-256 that its seal, or the note of its rewriting, says?
 * 1; 0 no, or it is not there (*err says what is wrong); -1 it could not be found out. */
int sealcheck_file(const char *dir, const struct sealtext *s, struct str seal,
		   const struct note_key *key, struct err *err);
/* The SHA-256 its file should have: the note's, where there is one, else the seal's. 1; -1
 * (ERR_INPUT: the note is not sound, or of another seal). */
int sealcheck_wanted(const char *dir, const struct sealtext *s, struct str seal,
		     const struct note_key *key, unsigned char out[HASH_BYTES], struct err *err);
/* 1, whatever was found; -1 the check itself could not be done. */
int sealcheck_run(const struct sealcheck_of *of, struct findings *f, struct sealcheck_result *out,
		  struct err *err);

#endif
