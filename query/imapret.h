/* imapret: RETURN (…), what the answer to a query of the IMAP dialect should hold.
 *
 * Source: RFC 4731 (MIN MAX COUNT ALL), RFC 9394 (PARTIAL), RFC 6203 (RELEVANCY); RFC 5182 and
 *   RFC 5267 for what is refused.
 * Errors: ERR_INPUT with the column; an option that has no meaning here says why.
 */
#ifndef IMAPRET_H
#define IMAPRET_H

#include "imaplex.h"

struct imapret {
	bool asked;  /* there was a RETURN at all */
	bool min, max, count, all, partial, relevancy;
	int column;  /* of RELEVANCY */
	int64_t from, to; /* PARTIAL, |from| <= |to|, from 1; negative: from the highest UID down */
};

/* Reads "(MIN COUNT)" behind the word RETURN; "()" is ALL. 1 or -1. */
int imapret_parse(struct imaplex *lx, struct imapret *out, struct err *err);
/* The range of PARTIAL as RFC 9394 writes it: "1:50", "-1:-50". In the arena. */
struct str imapret_range(struct arena *a, const struct imapret *r);

#endif
