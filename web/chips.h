/* chips: tags on the pages, and forms that change them.
 *
 * What: each tag is a link that searches for it. A form of the page puts one on a message or takes
 *   one off, and leads back to where it was sent from.
 * Source: docs/pages.md, docs/tags.md.
 * Shape: forms as bulk.h reads them; shown to those only who may tag.
 * Limits: CHIPS_MAX tags of a message are shown, CHIPS_ROW in a list; what is more is said.
 */
#ifndef CHIPS_H
#define CHIPS_H

#include "call.h"
#include "markup.h"
#include "state.h"

enum { CHIPS_MAX = 30, CHIPS_ROW = 6 };

/* Writes the names as links, each behind a blank. */
void chips_write(struct markup *m, const struct query_tags *tags);
/* Writes the link that searches for a tag, for an attribute. */
void chips_href(struct markup *m, struct str name);
/* Writes a message's tags with the means to change them, as a part of its page. s: where
 * the reader is, and is led back to. 1 or -1. */
int chips_form(struct markup *m, const struct call *c, const struct state *s,
	       const struct archive_msg *msg, struct err *err);

#endif
