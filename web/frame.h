/* frame: what every answer has around it: page head and foot, JSON bodies.
 *
 * Shape: frame_open … frame_close write one HTML page into the response; frame_json a body.
 */
#ifndef FRAME_H
#define FRAME_H

#include "call.h"
#include "markup.h"
#include "state.h"

#include <jansson.h>

/* Starts a page: type, head, top bar with the search box, which holds what the state has (NULL:
 * nothing), up to <main id="main">. Of the places only those stand there that c->who may go to;
 * c may be NULL. */
void frame_open(struct markup *m, const struct call *c, struct http_response *resp,
		struct str title, const struct state *s);
/* The same without the search box, for those who may not search (yet). */
void frame_plain(struct markup *m, struct http_response *resp, struct str title);
void frame_close(struct markup *m);
/* The text of o as body; takes o over. A body too large for the response leaves `full` set. */
void frame_json(struct http_response *resp, json_t *o);
/* Ends a handler: frame_json when its work came to r > 0, else o is let go of. Returns r. */
int frame_answer(struct http_response *resp, json_t *o, int r);

#endif
