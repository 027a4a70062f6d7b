/* html: HTML as a reader sees it, as plain text.
 *
 * Source: the tokeniser states of the WHATWG HTML standard, section 13.2.5, reduced.
 * What: tags removed, character references decoded, script/style/comments left out, block
 *   elements and table cells apart. Linear time on any input. UTF-8 in, UTF-8 out. Text that the
 *   HTML hides from its reader (htmlhide.h) is in it; html_read says which it is.
 * Limits: HTML_MAX_HIDDEN pieces of hidden text are told.
 */
#ifndef HTML_H
#define HTML_H

#include "arena.h"

enum { HTML_MAX_HIDDEN = 10000 };

/* A piece of the text, in bytes. */
struct html_piece {
	size_t at, n;
};

struct html_seen {
	struct str text;
	const struct html_piece *hidden; /* in order and apart; each holds something to be seen */
	size_t n_hidden;
	bool more; /* there is more that is hidden */
};

/* The text in the arena. */
struct str html_text(struct arena *a, struct str html);
/* The same text, and what of it is hidden. In the arena. */
struct html_seen html_read(struct arena *a, struct str html);
/* The text with blanks in the place of what is hidden. In the arena, when there is any. */
struct str html_visible(struct arena *a, const struct html_seen *s);
/* The text with "[hidden: " before what is hidden and "]" behind it. In the arena, as above. */
struct str html_marked(struct arena *a, const struct html_seen *s);

#endif
