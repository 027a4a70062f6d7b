/* sealcheck: are the sealed segments what their seals say?
 *
 * What: signatures, the chain of seals, sizes and SHA-256 of the files, counts, and the log's tree
 *   head, computed anew from the catalog's leaves. It writes nothing.
 * Shape: what is wrong is found, not an error: the check goes on with the next segment. Whether
 *   the leaves are those of the messages is seen only by reading the messages (leaf_of).
 */
#ifndef SEALCHECK_H
#define SEALCHECK_H

#include "archive.h"

struct sealcheck_finding {
	uint32_t segment;
	struct str what; /* for people, in the arena; ASCII, lower case, no full stop */
};
struct sealcheck_result {
	const struct sealcheck_finding *findings;
	size_t n;
	uint64_t segments; /* sealed ones looked at */
	uint64_t messages; /* covered by the newest sound checkpoint */
};

/* `files`: read the segments and compare their SHA-256, else their sizes only. 1, whatever was
 * found; -1 the check itself could not be done. */
int sealcheck_run(struct archive *ar, struct arena *a, bool files, struct sealcheck_result *out,
		  struct err *err);

#endif
