/* html: HTML as a reader sees it, as plain text.
 *
 * Source: the tokeniser states of the WHATWG HTML standard, section 13.2.5, reduced.
 * What: tags removed, character references decoded, script/style/comments left out, block
 *   elements and table cells apart. Linear time on any input. UTF-8 in, UTF-8 out.
 */
#ifndef HTML_H
#define HTML_H

#include "arena.h"

/* The visible text in the arena. */
struct str html_text(struct arena *a, struct str html);

#endif
