/* imapkey: the names of the keys of the IMAP dialect.
 *
 * Source: RFC 9051 6.4.4, RFC 3501 6.4.4, RFC 5032, RFC 6203, RFC 7162, RFC 8474, RFC 8514, Gmail's
 *   extensions; docs/search.md.
 * Shape: a table. Keys of the field that cannot be answered stand in it too, with the reason.
 */
#ifndef IMAPKEY_H
#define IMAPKEY_H

#include "qnode.h"

/* What follows a key. */
enum imapkey_shape {
	IMAPKEY_BARE,
	IMAPKEY_FLAG, IMAPKEY_UNFLAG,
	IMAPKEY_STRING, IMAPKEY_HEADER, IMAPKEY_KEYWORD, IMAPKEY_UNKEYWORD, IMAPKEY_LABEL,
	IMAPKEY_TAG,
	IMAPKEY_DATE, IMAPKEY_SIZE, IMAPKEY_AGE, IMAPKEY_MODSEQ,
	IMAPKEY_ID,     /* letters, digits, '-', '_' */
	IMAPKEY_GMID,   /* a number of 64 bits */
	IMAPKEY_SET,
	IMAPKEY_NOT, IMAPKEY_OR, IMAPKEY_FUZZY,
	IMAPKEY_RAW,    /* a query of the search box */
	IMAPKEY_REFUSED /* `why` */
};

struct imapkey {
	const char *name;
	enum imapkey_shape shape;
	enum qnode_kind kind;
	unsigned flag;   /* of a flag key; 1 NEW, 2 OLD */
	const char *why;
};

/* The key of that name, in any case; NULL: there is none. */
const struct imapkey *imapkey_find(struct str name);
/* What to say behind "unknown key 'NAME'": the key that was meant perhaps, or how it is written
 * here; "" when nothing comes to mind. In the arena. */
struct str imapkey_hint(struct arena *a, struct str name);

#endif
