/* pgp: OpenPGP messages.
 *
 * What: what was signed is read (in clear, or inside the message, compressed or not); keys and
 *   signatures by themselves are empty; what is encrypted stays so. Signatures are not checked.
 * Source: RFC 4880, sections 4, 5.6, 5.9, 6 and 7.
 */
#ifndef PGP_H
#define PGP_H

#include "document.h"

/* Signed in clear; a message in packets, perhaps in ASCII. They read it onto the board. */
void pgp_clear(struct document *d);
void pgp_message(struct document *d);
/* A key, a signature: no text. */
void pgp_nothing(struct document *d);

#endif
