/* byid: links that hold on any host: a message by what its sender called it.
 *
 * Source: RFC 5322 3.6.4.
 */
#ifndef BYID_H
#define BYID_H

#include "call.h"

/* GET /mid/{message-id}, without <>: leads to the message; to a list where several messages that
 * differ have it */
route_handler byid_page;

#endif
