/* jmapmail: messages, by JMAP.
 *
 * Source: RFC 8621, 4.1, 4.2, 4.9.
 */
#ifndef JMAPMAIL_H
#define JMAPMAIL_H

#include "jmapmethod.h"

/* Email/get, Email/parse. */
jmapmethod jmapmail_get, jmapmail_parse;

#endif
