/* uidlist: runs a UID FETCH that lists messages, whatever their number.
 *
 * What: one command, or several where the server answers a part at a time (MESSAGELIMIT,
 *   RFC 9738); gives each message, counts along how many there are, gathers what vanished.
 * Source: RFC 9051 6.4.9, RFC 7162 (VANISHED, CHANGEDSINCE), RFC 9586 (UIDFETCH).
 * Shape: pull. No '*' in a UID set: servers differ about it.
 * Memory: one message at a time, valid until the next call.
 */
#ifndef UIDLIST_H
#define UIDLIST_H

#include "session.h"
#include "uidset.h"

struct uidlist {
	struct session *s;
	const char *items, *modifier; /* "(UID FLAGS)", "" or " (CHANGEDSINCE 5)"; borrowed */
	unsigned tag;                 /* of the command that runs */
	uint32_t to;                  /* its last UID, 0: it names its UIDs itself */
	uint32_t exists;              /* set before, and counted along */
	bool refused;                 /* the end was a NO or BAD, *err of uidlist_next says which */
	const struct uidset *watched; /* VANISHED tells of these; NULL: of none */
	struct uidset vanished;       /* and these of them: only a hint */
	struct arena arena;
};

/* All messages of the open mailbox, of which the server said how many `exists`. */
void uidlist_all(struct uidlist *l, struct session *s, const char *items, const char *modifier);
/* Those that a set names. */
void uidlist_some(struct uidlist *l, struct session *s, const char *set, const char *items);
/* The next message, its UID may be 0. 1; 0: the end (see refused); -1 the session is over. */
int uidlist_next(struct uidlist *l, struct imapparse_fetch *out, struct err *err);
/* Reads all into *to. 1; 0: refused, or too many (*err says which); -1. */
int uidlist_into(struct uidlist *l, struct uidset *to, struct err *err);
/* The UIDs there are, by ESEARCH (RFC 4731): short, but only a hint. `known` is about what there
 * is: it cuts the answers into lines of a bearable length. 1 as many as l->exists; 0 not; -1. */
int uidlist_search(struct uidlist *l, struct session *s, const struct uidset *known,
		   struct uidset *to, struct err *err);
void uidlist_free(struct uidlist *l);

#endif
