/* mh: the sequences of an MH folder.
 *
 * What: .mh_sequences names messages by number: "unseen: 3 7-9". What is not in `unseen` has been
 *   seen; `replied` (and `answered`) and `flagged` are flags too. Other sequences say nothing.
 * Source: nmh, mh-sequence(5); Python's mailbox.MH.
 * Limits: files to 1 MiB; what is malformed is passed over.
 */
#ifndef MH_H
#define MH_H

#include "err.h"
#include "str.h"

struct mh;

/* Reads the text of .mh_sequences. Free with mh_close (accepts NULL). */
struct mh *mh_open(struct str text);
void mh_close(struct mh **m);
/* The archive flags of a message. */
unsigned mh_flags(const struct mh *m, uint32_t number);
/* Is it the name of a message of an MH folder, a number? 1: *out is set; 0: no. */
int mh_number(struct str name, uint32_t *out);

#endif
