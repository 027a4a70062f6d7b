/* feed: the newest hits of a saved search, for feed readers.
 *
 * Source: RFC 4287 (Atom); JSON Feed 1.1 (jsonfeed.org).
 * Shape: FEED_ENTRIES messages, the one that arrived last first; an entry's id is made of the
 *   message's hash and never changes. The text depends on the hits alone, so its ETag holds as
 *   long as nothing new has come.
 * Limits: FEED_MS for the search.
 */
#ifndef FEED_H
#define FEED_H

#include "call.h"

enum { FEED_ENTRIES = 50, FEED_MS = 30000 };

/* GET /api/v1/saved-searches/{id}/feed.atom, …/feed.json */
route_handler feed_atom;
route_handler feed_json;

#endif
