/* unseal: what was encrypted by S/MIME, made plain with the owner's keys.
 *
 * What: the work of a process that has the keys, and does nothing else with a document than to
 *   open it: the plain text is written over the document, and read by a child that has no keys
 *   (extract.c).
 * Source: RFC 5652, 5083, 5753; OpenSSL. The recipient is told by a certificate of the ring: RSA
 *   (PKCS #1 v1.5, OAEP) or EC. Ciphers are those of OpenSSL's default and legacy providers.
 * Outcomes: ENCRYPTED no key fits, or an unknown cipher; FAILED it is damaged.
 */
#ifndef UNSEAL_H
#define UNSEAL_H

#include "board.h"

/* The process leaves no core dump from now on, is traced by nobody else of its user, and has the
 * keys (keyring.h). 1 or -1. */
int unseal_load(struct str keys, struct err *err);
/* Opens one document; board->opened bytes of plain text stand in its place then. */
void unseal_work(struct board *b, const struct extract_document *d);

#endif
