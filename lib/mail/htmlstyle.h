/* htmlstyle: one style attribute, reduced to harmless declarations.
 *
 * Source: CSS 2.2 section 4; the list of properties stands in htmlstyle.c.
 * What: a declaration stays when its property is in the list and its value has nothing but
 *   words, numbers, colours and strings: no escape, no url(), no comment, no at-rule, no
 *   function but rgb(), rgba(), hsl(), hsla().
 */
#ifndef HTMLSTYLE_H
#define HTMLSTYLE_H

#include "buf.h"

/* Adds what stays of `style` (character references decoded) to *out, with nothing in it that
 * needs to be escaped in a quoted attribute. Returns how many declarations would have loaded
 * something. */
size_t htmlstyle_write(struct str style, struct buf *out);

#endif
