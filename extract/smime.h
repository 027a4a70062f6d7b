/* smime: PKCS #7 and CMS, the containers of S/MIME.
 *
 * What: what was signed is read; signatures by themselves are empty; what is encrypted stays so.
 *   Signatures are not checked here.
 * Source: RFC 5652; OpenSSL.
 */
#ifndef SMIME_H
#define SMIME_H

#include "document.h"

/* Has OpenSSL read its tables, while there are files. */
void smime_load(void);
/* Reads it onto the board. */
void smime_read(struct document *d);

#endif
