/* userwork: what administrators do with users, posted by the forms of userpages.c.
 *
 * Shape: the path says what is done, because the audit log keeps no bodies of administrators'
 *   requests; role and accounts that were given are noted in its entry. Secrets are shown in
 *   the answer, once; everything else sends the browser back to the page.
 * Source: docs/operate.md, "People".
 */
#ifndef USERWORK_H
#define USERWORK_H

#include "route.h"

/* POST /users, and POST /users/{name}/{what}. */
route_handler userwork_new, userwork_do;

#endif
