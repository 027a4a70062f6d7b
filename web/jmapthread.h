/* jmapthread: threads, and what came since a state, by JMAP.
 *
 * Source: RFC 8621, 3 and 4.3.
 */
#ifndef JMAPTHREAD_H
#define JMAPTHREAD_H

#include "jmapmethod.h"

/* Thread/get, Thread/changes, Email/changes. */
jmapmethod jmapthread_get, jmapthread_changes, jmapthread_emails;

#endif
