/* imaplex: the tokens of the IMAP dialect: atoms, strings, literals, numbers, dates, sets.
 *
 * Source: RFC 9051 section 9 (astring, quoted, literal, sequence-set, date); RFC 3501 9; RFC 7888
 *   ({5+}), RFC 3516 (~{5}).
 * Shape: a cursor over the query. Where it stands is a column in characters, not bytes.
 * Errors: ERR_INPUT with err.column set and "expected …" in the text.
 */
#ifndef IMAPLEX_H
#define IMAPLEX_H

#include "qnode.h"

struct imaplex {
	struct arena *a;
	struct str in;
	size_t at;
	size_t col_at; /* the place up to which columns are counted, and the column there */
	int col;
	void *convert; /* iconv_t of CHARSET, NULL: UTF-8 as it stands */
};

/* The column of byte `at`, which must not lie before an earlier one asked for by much. */
int imaplex_column(struct imaplex *lx, size_t at);
/* Sets *err to "text" with the column of byte `at`. Returns -1. */
int imaplex_bad(struct imaplex *lx, size_t at, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Skips spaces. Returns the next byte, or -1 at the end. */
int imaplex_peek(struct imaplex *lx);
/* At least one space, or an error that names what should follow. 1 or -1. */
int imaplex_space(struct imaplex *lx, const char *expected, struct err *err);
/* The run of atom characters here, "" when there is none. `]` counts as one (astring). */
struct str imaplex_atom(struct imaplex *lx);
/* An astring as it stands, and one converted from CHARSET into UTF-8. 1 or -1. */
int imaplex_astring(struct imaplex *lx, struct str *out, struct err *err);
int imaplex_text(struct imaplex *lx, struct str *out, struct err *err);
/* A date, bare or quoted; a number up to 2^63 - 1, called `what` in the error. 1 or -1. */
int imaplex_date(struct imaplex *lx, int32_t *out, struct err *err);
int imaplex_number(struct imaplex *lx, const char *what, uint64_t *out, struct err *err);
/* A sequence set into q->ranges; '*' is QNODE_STAR, ranges are brought in order, '*' last. 1 or
 * -1. */
int imaplex_set(struct imaplex *lx, struct qnode *q, struct err *err);
/* Takes up a CHARSET. 1 or -1 (unknown: the text begins with BADCHARSET). */
int imaplex_charset(struct imaplex *lx, struct str name, size_t at, struct err *err);
/* Gives back what imaplex_charset took. */
void imaplex_close(struct imaplex *lx);

#endif
