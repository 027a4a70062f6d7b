/* jmapquery: searching for messages, by JMAP.
 *
 * Source: RFC 8621, 4.4 to 4.6, 5.
 */
#ifndef JMAPQUERY_H
#define JMAPQUERY_H

#include "jmapmethod.h"

/* Email/query, Email/queryChanges (never), SearchSnippet/get. */
jmapmethod jmapquery_query, jmapquery_changes, jmapquery_snippets;

#endif
