/* imapin: IN (…), the mailboxes a query of the IMAP dialect looks at (MULTISEARCH).
 *
 * Source: RFC 7377 2 and RFC 5465 8 for the grammar; docs/search.md.
 * Shape: gives a tree of MAILBOX leaves that must hold besides the keys.
 * Errors: ERR_INPUT with the column; a source that means nothing here says why.
 */
#ifndef IMAPIN_H
#define IMAPIN_H

#include "imaplex.h"

/* Reads "(subtree Lists mailboxes (INBOX Sent))" behind the word IN. 1 or -1. */
int imapin_parse(struct imaplex *lx, const struct qnode **out, struct err *err);

#endif
