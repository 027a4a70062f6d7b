/* newsfeed: the newest hits of a saved search, for feed readers.
 *
 * Source: RFC 4287 (Atom); JSON Feed 1.1 (jsonfeed.org).
 * Shape: NEWSFEED_ENTRIES messages, the one that arrived last first; an entry's id is made of the
 *   message's hash and never changes. The text depends on the hits alone, so its ETag holds as
 *   long as nothing new has come.
 * Limits: NEWSFEED_MS for the search.
 */
#ifndef NEWSFEED_H
#define NEWSFEED_H

#include "call.h"

enum { NEWSFEED_ENTRIES = 50, NEWSFEED_MS = 30000 };

/* GET /api/v1/saved-searches/{id}/feed.atom, …/feed.json */
route_handler newsfeed_atom;
route_handler newsfeed_json;

#endif
