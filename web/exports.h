/* exports: the page of one's exports.
 *
 * What: each with its query, state and progress, links to file and manifest, and a button that
 *   cancels it or removes its file. Messages that were picked by hand have no query: they get a
 *   tag, "export" with the time, and what has it is exported.
 * Source: docs/pages.md, docs/export.md.
 */
#ifndef EXPORTS_H
#define EXPORTS_H

#include "route.h"

/* GET /exports; POST /exports, from the form of bulk.h; POST /exports/{}/end */
route_handler exports_page, exports_new, exports_end;

#endif
