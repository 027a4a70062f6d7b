/* unread: which messages could not be searched fully, for programs and as a page.
 *
 * Source: docs/api.md, GET /api/v1/not-searchable.
 * Memory: in the request's arena.
 */
#ifndef UNREAD_H
#define UNREAD_H

#include "route.h"

/* GET /api/v1/not-searchable, and GET /not-searchable. */
route_handler unread_api, unread_page;

#endif
