/* sealkey: the key pair an archive seals with, in ARCHIVE/keys.
 *
 * Source: docs/formats/archive.md, "Keys".
 * Shape: seal.pub comes last, so a crash while the pair is made leaves a key that has signed
 *   nothing and is made anew.
 * Errors: ERR_DENIED when a key is missing or is not readable; ERR_BROKEN for the disk.
 */
#ifndef SEALKEY_H
#define SEALKEY_H

#include "note.h"

/* The verifier key. 1; 0 there is none yet; -1. */
int sealkey_public(const char *dir, struct note_key *out, struct err *err);
/* The verifier key of the private one, under the log's name. 1; 0 there is no private key; -1. */
int sealkey_derive(const char *dir, struct str name, struct note_key *out, struct err *err);
/* Both. Made when there is none and `may_make`. Free *out with note_free. 1 or -1. */
int sealkey_open(const char *dir, bool may_make, struct note_signer **out, struct note_key *key,
		 struct err *err);

#endif
