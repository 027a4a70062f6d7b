/* listing: what there is: accounts, mailboxes, the ledger, what cannot be searched.
 *
 * Source: docs/api.md.
 * Shape: route handlers; see route.h for what they return. Who asks sees the accounts they may
 *   read, and of what belongs to no account nothing unless they may read all.
 * Limits: LISTING_MAX entries a page.
 */
#ifndef LISTING_H
#define LISTING_H

#include "call.h"
#include "keeper.h"

#include <jansson.h>

enum { LISTING_LIMIT = 100, LISTING_MAX = 1000 };

/* GET /api/v1/accounts */
route_handler listing_accounts;
/* GET /api/v1/mailboxes */
route_handler listing_mailboxes;
/* GET /api/v1/status */
route_handler listing_status;
/* GET /api/v1/ledger */
route_handler listing_ledger;
/* Answers with a whole list, {NAME: list, …}, which it takes over. 1 or -1. */
int listing_whole(struct call *c, struct http_response *resp, const char *name, json_t *list,
		  struct err *err);
/* Adds what every list says. 1 or -1. */
struct listing_sums {
	uint64_t total;
	const char *relation; /* "exact", "at_least", "none": then total is null */
	struct str next;      /* "": the last page */
};
int listing_close(struct call *c, json_t *o, const struct listing_sums *s, struct err *err);
/* How something fares that this server keeps running; null: it does not keep it. */
json_t *listing_kept(enum keeper_ward which);
/* How the accounts fare, which another room knows: adds members to o. NULL: nobody knows. */
void listing_fares(void (*fares)(const char *dir, json_t *o));
/* What that function says, as a new reference; empty when nobody knows. */
json_t *listing_fared(void);

#endif
