/* popparse: what a POP3 server's lines say.
 *
 * Source: RFC 1939 (5, 7), RFC 2449 (8: response codes), RFC 3206 (SYS/TEMP, AUTH), RFC 5034 4.
 * Shape: bytes in, slices of them out. Numbers are believed as far as they go: a size is a hint.
 */
#ifndef POPPARSE_H
#define POPPARSE_H

#include "err.h"
#include "str.h"

#define POPPARSE_NAME 70 /* bytes of a unique-id */

enum popparse_kind { POPPARSE_OK, POPPARSE_ERR, POPPARSE_ASKS };

/* A status line. */
struct popparse_status {
	enum popparse_kind kind;
	struct str code; /* "IN-USE", without the brackets; empty: none */
	struct str text; /* behind the code; of ASKS the challenge */
};
/* 1; 0: this is none. */
int popparse_status(struct str line, struct popparse_status *out);
/* Which kind of failure is a refusal? Without a code that tells, `otherwise`. */
enum err_kind popparse_failure(const struct popparse_status *st, enum err_kind otherwise);

/* A line of UIDL. 1; 0: not one. *name is empty when it cannot serve: it must be 1 to 70
 * characters from 0x21 to 0x7E. */
int popparse_uidl(struct str line, uint32_t *number, struct str *name);
/* A line of LIST; a size that is none counts as 0. 1; 0: not one. */
int popparse_list(struct str line, uint32_t *number, uint64_t *size);
/* Does a line of CAPA begin with this word? *args is what follows. */
bool popparse_capa(struct str line, struct str word, struct str *args);

#endif
