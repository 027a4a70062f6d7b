/* links: where the links of an HTML text lead.
 *
 * What: the targets as they are written (href, src of images and frames, action of forms), each
 *   on a line, "&amp;" as '&'. Other character references stay, so that every word of a target is
 *   a word of the source, which has terms.
 */
#ifndef LINKS_H
#define LINKS_H

#include "arena.h"

/* The targets, in the arena. */
struct str links_text(struct arena *a, struct str html);

#endif
