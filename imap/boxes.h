/* boxes: which mailboxes an account has, and which of them are wanted.
 *
 * Source: RFC 9051 6.3.9 (LIST), RFC 5819 (LIST-STATUS), RFC 6154 (SPECIAL-USE), RFC 2342.
 * Shape: patterns as in struct harvest_account: star and question mark; '-' first leaves out; a
 *   mailbox is wanted when a pattern wants it (or there are only leaving-out ones) and none
 *   leaves it out. INBOX in any case is INBOX. Where all are wanted, mailboxes of others and
 *   shared ones are left out, and of Gmail's only all mail, junk and trash are taken: its other
 *   mailboxes are labels.
 * Limits: 100,000 mailboxes.
 */
#ifndef BOXES_H
#define BOXES_H

#include "session.h"

struct boxes_item {
	struct str raw;  /* what the server calls it */
	struct str name; /* UTF-8 where it can be decoded */
	bool ambiguous;  /* another mailbox decodes to the same name */
	bool all, extra; /* Gmail's all mail; its junk and trash, which that lacks */
	struct str uses; /* of its attributes those that say what it is for (uses.h) */
	bool has_status; /* what the server said of it: */
	struct imapparse_mailbox status;
};
/* Lists the wanted mailboxes that can be opened, ordered by name. In the arena. 1 or -1. */
int boxes_list(struct session *s, struct arena *a, const struct harvest_account *ac,
	       struct boxes_item **out, size_t *n_out, struct err *err);
/* What they are for, as uses.h has it. In the arena. */
struct str boxes_uses(struct arena *a, const struct boxes_item *list, size_t n);
/* Do the patterns want this name? */
bool boxes_wanted(const struct harvest_account *ac, struct str name);

#endif
