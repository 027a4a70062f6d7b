/* throttle: does a server ask us to stay away, and for how long?
 *
 * What: reads the words of a refusal, as session_refused puts them together.
 * Source: public bug reports: Microsoft 365 "Suggested Backoff Time: 89117 milliseconds"; Gmail
 *   [OVERQUOTA], [THROTTLED]; the words of several servers for too many connections.
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include "str.h"

#define THROTTLE_SHORT_MS 10000u /* so long can be waited on the spot */

/* Milliseconds, 1 s to 1 h; 0: it does not ask for it. */
uint64_t throttle_wait(struct str text);

#endif
