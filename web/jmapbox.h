/* jmapbox: mailboxes, by JMAP.
 *
 * Source: RFC 8621, 2.
 */
#ifndef JMAPBOX_H
#define JMAPBOX_H

#include "jmapmethod.h"

/* Mailbox/get, /changes. */
jmapmethod jmapbox_get, jmapbox_changes;

#endif
