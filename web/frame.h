/* frame: what every answer has around it: page head and foot, JSON bodies.
 *
 * Shape: frame_open … frame_close write one HTML page into the response; frame_json a body.
 */
#ifndef FRAME_H
#define FRAME_H

#include "http.h"
#include "markup.h"

#include <jansson.h>

/* What the search box on top holds. */
struct frame_box {
	struct str q, account, mailbox;
	const char *dialect; /* "box" or "imap" */
	const char *sort;    /* "-date" or "date" */
};

/* Starts a page: type, head, top bar with the search box (NULL: empty) up to <main>. */
void frame_open(struct markup *m, struct http_response *resp, struct str title,
		const struct frame_box *box);
/* The same without the search box, for those who may not search (yet). */
void frame_plain(struct markup *m, struct http_response *resp, struct str title);
void frame_close(struct markup *m);
/* The text of o as body; takes o over. A body too large for the response leaves `full` set. */
void frame_json(struct http_response *resp, json_t *o);

#endif
