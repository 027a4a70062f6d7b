/* pages: the search page and its results, without any script.
 *
 * Shape: route handlers; see route.h for what they return. A bad query is shown in its box, with
 *   the place marked.
 */
#ifndef PAGES_H
#define PAGES_H

#include "call.h"

/* GET /: the search box and results */
route_handler pages_search;

#endif
