/* reader: one message for people, as text.
 *
 * What: who, when, subject, text, attachments, copies, all headers. HTML mail is shown as the
 *   text a reader would see; nothing of the sender's markup reaches the browser.
 * Limits: READER_MAX_TEXT of the text and READER_MAX_ROWS of each list are shown; what is left
 *   out is said, with a link to the whole.
 */
#ifndef READER_H
#define READER_H

#include "call.h"

enum { READER_MAX_TEXT = 1 << 20, READER_MAX_ROWS = 300, READER_MAX_VALUE = 8 << 10 };

/* GET /message/{id} */
route_handler reader_page;

#endif
