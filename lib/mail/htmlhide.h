/* htmlhide: is the text that comes next in HTML to be seen?
 *
 * Source: WHATWG HTML 13.2.6 (which elements are open), 15.3 (what attributes mean), reduced;
 *   docs/decisions/0014-hidden-text.md.
 * What: follows tags, and tells of the place behind them whether its text is hidden: not
 *   displayed, invisible, transparent, of a pixel or less, in a box of a pixel or less that shows
 *   nothing beyond its edge, or of the colour of its ground; or of an element that no mail reader
 *   shows (<title>, <template>, <datalist>). By style attributes, simple rules of style sheets
 *   (csssheet.h) and the old attributes for colours. In doubt text is seen.
 * Limits: HTMLHIDE_MAX_DEPTH open elements; those further inside are like the last of these.
 *   Works in time linear in the HTML. Memory: the arena.
 */
#ifndef HTMLHIDE_H
#define HTMLHIDE_H

#include "arena.h"
#include "htmltok.h"

enum { HTMLHIDE_MAX_DEPTH = 200, HTMLHIDE_MAX_ATTR = 4096 };

struct htmlhide;

/* Reads the style sheets of the HTML, and stands before its first token. */
struct htmlhide *htmlhide_new(struct arena *a, struct str html);
/* A start or end tag; other tokens change nothing. */
void htmlhide_pass(struct htmlhide *h, const struct htmltok *t);
/* Is text here hidden? */
bool htmlhide_here(const struct htmlhide *h);

#endif
