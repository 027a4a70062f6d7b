/* fetch: gets the wanted messages of the open mailbox.
 *
 * What: pipelined UID FETCH commands; a UID counts as delivered only when its literal and its
 *   response are complete; every other UID ends with an outcome.
 * Source: RFC 9051 6.4.5, 6.4.9, 7.5.2; RFC 2180 4.1 (a NO with data).
 * Shape: a window of UIDs per command, several commands in flight. A command that is refused is
 *   halved, down to single UIDs: FAILED with the server's words. A UID that is not answered is
 *   asked for once more: then GONE, or FAILED when the server knows it but sends no message.
 *   A message of which BODY[] never comes is put together of header and text; one over
 *   LETTER_MEMORY that broke off is gone on with (pieces.h).
 *   A connection that breaks twice at the same place is narrowed to one UID: FAILED.
 *   A server that asks to be left alone is; when the budget is spent, nothing more is asked for:
 *   ERR_LATER, and no message is worse off for it.
 * Limits: by the server's profile (profile.h): UIDs and bytes a command, commands in flight.
 */
#ifndef FETCH_H
#define FETCH_H

#include "budget.h"
#include "feed.h"
#include "known.h"
#include "letter.h"
#include "session.h"
#include "uidset.h"

#define FETCH_DEPTH 8 /* the most commands in flight of any profile */

/* What an account's visits have in common. */
struct fetch_ctx {
	struct session *s;
	struct feed *feed;
	struct letter *letter;
	const struct harvest_account *ac;
	const struct known *known; /* of the account, as it began */
	const struct boxes_item *boxes; /* all that were listed */
	size_t n_boxes;
	uint32_t uidvalidity; /* of the open mailbox */
	bool no_parts;        /* this server does not fetch parts right */
	unsigned part_breaks; /* of connections, while a part was fetched, that brought nothing */
	struct budget *budget;
	uint64_t max_message;
	bool dry;            /* only count what would be fetched */
	bool alone;          /* one UID at a time: the connection broke here before */
	bool progress;       /* something was delivered or decided since it was cleared */
	const struct uidset *back; /* UIDs that counted as gone and are listed again, or NULL */
	struct uidset spoilt; /* UIDs that broke the connection in this mailbox: left out */
};

/* Fetches the UIDs of `want`; `avoid` must not be asked for. 1 all have an outcome; 0 the
 * mailbox makes no sense (*err); -1 broken off (ERR_NET, ERR_INPUT) or ERR_BROKEN. */
int fetch_run(struct fetch_ctx *c, const struct uidset *want, const struct uidset *avoid,
	      struct err *err);

#endif
