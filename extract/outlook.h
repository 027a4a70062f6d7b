/* outlook: the text of a .msg, a mail as Outlook saves it.
 *
 * What: who, to whom, subject, the body (plain, else HTML, else RTF), then the attachments; a
 *   mail attached to it likewise.
 * Source: [MS-OXMSG] 2, [MS-OXPROPS], [MS-OXRTFCP] (the compression of RTF).
 */
#ifndef OUTLOOK_H
#define OUTLOOK_H

#include "document.h"
#include "ole.h"

/* Reads it onto the board. */
void outlook_read(struct document *d, const struct ole *o);
/* RTF with its compression undone; "" when it is damaged. */
struct str outlook_rtf(struct arena *a, struct str packed);

#endif
