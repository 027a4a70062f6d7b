/* popdrop: what is in a POP3 drop, and under which names.
 *
 * What: STAT, LIST and UIDL; a message that UIDL does not name, or not alone by that name, gets a
 *   name made of its header (TOP n 0): "TOP-" and 40 hexadecimal digits of its SHA-256. Messages
 *   with the same header are told apart by their order and are doubtful.
 * Source: RFC 1939 5 and 7.
 * Limits: POPDROP_MOST messages.
 */
#ifndef POPDROP_H
#define POPDROP_H

#include "popfetch.h"

#define POPDROP_MOST ((size_t)1000000)

struct popdrop {
	struct arena arena; /* of the names */
	struct popmail *mails; /* by number */
	size_t n;
	uint64_t counted; /* by STAT; without one it is n */
	bool whole;       /* STAT counts as many */
	bool unnamed;     /* the server has no UIDL */
};

/* Looks. `named`: the archive knows messages of it by UIDL, so a refusal of that is a failure. 1; 0
 * it makes no sense (*err); -1. Free with popdrop_free either way. */
int popdrop_list(struct popdrop *d, struct popfetch_ctx *c, bool named, struct err *err);
void popdrop_free(struct popdrop *d);
/* Was this name made of a header? */
bool popdrop_made(struct str name);

#endif
