/* htmlsafe: HTML of a stranger, written anew with what can do no harm.
 *
 * What: tags and attributes are not cleaned but made again from a list of allowed ones; all else
 *   is left out, its text stays. Nothing in what comes out loads anything, runs anything, sends
 *   anything, or leaves the elements it stands in. Style attributes keep the properties of a
 *   list; style sheets go. Images come from the message itself, or not at all.
 * Source: WHATWG HTML, sections 4 and 13; CSS 2.2. This is the second layer: the first is the
 *   sandbox that the answer's header asks for (web/reading.h).
 * Limits: HTMLSAFE_MAX_OUT bytes, HTMLSAFE_MAX_DEPTH open elements (deeper ones are left out).
 * Memory: scratch in the arena.
 */
#ifndef HTMLSAFE_H
#define HTMLSAFE_H

#include "arena.h"
#include "buf.h"

enum {
	HTMLSAFE_MAX_OUT = 32 << 20,
	HTMLSAFE_MAX_DEPTH = 200,
	HTMLSAFE_MAX_ATTR = 4096 /* bytes of a value; longer ones are left out */
};

/* The "data:" URL of an image of the message by its Content-ID, "" when there is none fit to be
 * shown. In the arena. */
typedef struct str htmlsafe_image(void *arg, struct arena *a, struct str content_id);

/* What was left out. */
struct htmlsafe_report {
	size_t remote; /* things that would have been loaded from elsewhere */
	size_t active; /* scripts, forms, frames, plug-ins, drawings, redirections */
	bool cut;      /* the text was longer than HTMLSAFE_MAX_OUT */
};

/* Writes the content of a body to *out. `image` may be NULL. */
void htmlsafe_write(struct arena *a, struct str html, htmlsafe_image *image, void *arg,
		    struct buf *out, struct htmlsafe_report *report);
/* Is that an image which browsers show and which runs nothing: its media type, "" when not.
 * By its first bytes (PNG, JPEG, GIF, WebP). A constant. */
struct str htmlsafe_raster(struct str bytes);

#endif
