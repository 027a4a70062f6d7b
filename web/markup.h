/* markup: HTML, with escaping in this one place.
 *
 * Shape: MARKUP writes a literal of ours; everything else goes through markup_text (for text
 *   and double-quoted attribute values alike) or markup_url (a piece of a link). There is no
 *   way to write other people's bytes unescaped.
 * Source: WHATWG HTML 13.1 (writing documents).
 */
#ifndef MARKUP_H
#define MARKUP_H

#include "arena.h"
#include "buf.h"

struct markup {
	struct buf *out;
	struct arena *arena;
};

/* Only string literals compile. */
#define MARKUP(m, literal) markup_literal((m), STR("" literal))
/* For the macro alone. */
void markup_literal(struct markup *m, struct str s);
/* Escapes & < > " and '; malformed UTF-8 and control characters become U+FFFD. */
void markup_text(struct markup *m, struct str s);
/* A number as people read it: "12,345". */
void markup_number(struct markup *m, uint64_t n);
/* The same as addresses and attributes have it: "12345". */
void markup_digits(struct markup *m, uint64_t n);
/* Percent-escapes: for one path segment or parameter value. */
void markup_url(struct markup *m, struct str s);

#endif
