/* pieces: a message that does not come whole, fetched in pieces.
 *
 * What: goes on where a large message broke off, by BODY.PEEK[]<from.length>; and puts header and
 *   text together for a message whose BODY[] never comes.
 * Source: RFC 9051 6.4.5 (partial fetch), 7.5.2. Some servers ignore the part that was asked for,
 *   or send another one: the place they name and the length are checked, and the last bytes
 *   that came before must come again.
 * Shape: one command at a time; nothing else may be under way.
 * Limits: PIECES_STEP bytes a command. The message is in the letter, never in memory.
 */
#ifndef PIECES_H
#define PIECES_H

#include "fetch.h"

#define PIECES_STEP ((uint64_t)4 << 20)
#define PIECES_OVERLAP 4096u /* bytes that are asked for again */

struct pieces {
	struct fetch_ctx *c;
	uint32_t uid;
	const char *items;          /* to ask for beside the bytes */
	struct arena *arena;
	struct imapparse_fetch got; /* what came of them, in the arena */
};

/* The rest of the message in the letter. 1 the letter is whole; 0 the server does not do it
 * right; -1 the session is over, or ERR_BROKEN. */
int pieces_resume(struct pieces *p, struct err *err);
/* Header and text, into the letter. As pieces_resume. */
int pieces_halves(struct pieces *p, struct err *err);

#endif
