/* jmapboxquery: Mailbox/query.
 *
 * Source: RFC 8621, 2.3.
 */
#ifndef JMAPBOXQUERY_H
#define JMAPBOXQUERY_H

#include "jmapmethod.h"

/* Mailbox/query. */
jmapmethod jmapboxquery_query;

#endif
