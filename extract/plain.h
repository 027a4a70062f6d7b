/* plain: text in any charset, and HTML.
 *
 * What: the charset is the one that a byte order mark, then an HTML file's own <meta>, tells;
 *   without one UTF-8, and windows-1252 for what is not UTF-8.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "document.h"

/* Has the C library load its converters, while there are files. */
void plain_load(void);
/* Text; HTML. They read it onto the board. */
void plain_read(struct document *d);
void plain_html(struct document *d);
/* Text in a named charset ("": as above) as UTF-8. */
struct str plain_decode(struct arena *a, struct str charset, struct str s);

#endif
