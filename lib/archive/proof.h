/* proof: what shows a stranger that a message stood in the archive, or that the archive only grew.
 *
 * What: inclusion and consistency proofs as JSON, docs/formats/archive.md, "Proofs".
 * Shape: each is checked here before it is given out, so damage is found by whoever proves.
 * Errors: ERR_INPUT when there is nothing to prove by (not sealed yet, foreign checkpoint);
 *   ERR_BROKEN when the archive does not agree with its own seal.
 */
#ifndef PROOF_H
#define PROOF_H

#include "archive.h"

/* Proves by the newest seal that the message is in the log; appends JSON and LF. 1 or -1. */
int proof_message(struct archive *ar, const struct archive_msg *m, struct buf *out,
		  struct err *err);
/* Proves that the log of an older seal is the beginning of the newest's. */
int proof_since(struct archive *ar, struct str old, struct buf *out, struct err *err);

#endif
