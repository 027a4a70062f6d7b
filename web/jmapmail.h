/* jmapmail: messages, by JMAP.
 *
 * Source: RFC 8621, 4.1, 4.2.
 */
#ifndef JMAPMAIL_H
#define JMAPMAIL_H

#include "jmapmethod.h"

/* Email/get. */
jmapmethod jmapmail_get;

#endif
