/* smime: PKCS #7 and CMS, the containers of S/MIME.
 *
 * What: what was signed is read; signatures by themselves are empty; what is encrypted is laid
 *   aside for a process with keys (unseal.h), or stays so. Signatures are not checked here.
 * Source: RFC 5652; OpenSSL.
 */
#ifndef SMIME_H
#define SMIME_H

#include "document.h"

/* Has OpenSSL read its tables, while there are files. */
void smime_load(void);
/* DER or PEM; NULL: damaged. Free with CMS_ContentInfo_free. */
struct CMS_ContentInfo_st *smime_parse(struct str s);
/* Reads it onto the board. */
void smime_read(struct document *d);

#endif
