/* form: what a page's form sends, and what hides in it.
 *
 * Source: the WHATWG encoding application/x-www-form-urlencoded.
 * Memory: in the request's arena.
 */
#ifndef FORM_H
#define FORM_H

#include "http.h"
#include "markup.h"
#include "url.h"

/* Makes the key of this process. 1 or -1. */
int form_begin(struct err *err);
/* What only this process can make of a text, in hex, in the arena; another one for each purpose. */
struct str form_secret(struct arena *a, const char *purpose, struct str text);
/* The fields of a posted form as parameters of *out. 1; 0: the body is none. */
int form_read(const struct http_request *req, struct url *out);
/* Writes a hidden field, but an empty one. */
void form_field(struct markup *m, const char *name, struct str value);
/* Writes the hidden field that makes a posted form ours; csrf as call.h has it. */
void form_hidden(struct markup *m, struct str csrf);

#endif
