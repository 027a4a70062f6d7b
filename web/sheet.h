/* sheet: one message for people, as text.
 *
 * What: who, when, subject, text, attachments, copies, all headers. HTML mail is shown as the
 *   text a reader would see, or on request (?view=html) in a frame (reading.h); nothing of the
 *   sender's markup stands in this page.
 * Limits: SHEET_MAX_TEXT of the text and SHEET_MAX_ROWS of each list are shown; what is left
 *   out is said, with a link to the whole.
 */
#ifndef SHEET_H
#define SHEET_H

#include "call.h"
#include "markup.h"
#include "state.h"

enum { SHEET_MAX_TEXT = 1 << 20, SHEET_MAX_ROWS = 300, SHEET_MAX_VALUE = 8 << 10 };

/* GET /message/{id} */
route_handler sheet_page;
/* GET /pane?open={id}&…: the message as it stands beside the list, without a page round it */
route_handler sheet_pane;
/* Writes that into a page: the message s->open, or that there is none. 1 or -1. */
int sheet_beside(struct markup *m, struct call *c, const struct state *s, struct err *err);

#endif
