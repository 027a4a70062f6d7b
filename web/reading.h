/* reading: the HTML of a message, at an address of its own.
 *
 * What: the first text/html part that is no attachment, written anew (htmlsafe.h) into a page
 *   whose answer carries READING_POLICY: a browser gives it an origin of its own, runs nothing
 *   in it and loads nothing, also when it is opened by its address and not in a frame. Images of
 *   the message (cid:) stand in it as data: URLs; what lies elsewhere is counted, never fetched.
 * Source: Content Security Policy Level 3; RFC 2392 (cid).
 *   Text that the HTML hides (html.h) is told above it.
 * Limits: READING_MAX_IMAGE bytes of one image, READING_MAX_IMAGES of all; READING_MAX_HIDDEN
 *   pieces of hidden text, READING_MAX_PIECE bytes of each.
 */
#ifndef READING_H
#define READING_H

#include "call.h"

enum {
	READING_MAX_IMAGE = 4 << 20,
	READING_MAX_IMAGES = 16 << 20,
	READING_MAX_HIDDEN = 100,
	READING_MAX_PIECE = 1000
};

#define READING_POLICY                                                                           \
	"sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:;"  \
	" style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

/* GET /message/{id}/html and /api/v1/messages/{id}/html; 404 for a message without HTML */
route_handler reading_html;
/* The part that it shows, or NULL. */
const struct mail_part *reading_part(const struct mail *m);

#endif
