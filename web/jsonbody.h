/* jsonbody: a JSON object as the body of a request.
 *
 * Errors: ERR_INPUT, with the member's name.
 */
#ifndef JSONBODY_H
#define JSONBODY_H

#include "http.h"

#include <jansson.h>

/* The object that was sent. 1: *out, to be let go of; -1: the body is something else. */
int jsonbody_read(const struct http_request *req, json_t **out, struct err *err);
/* Are all members among the names (ended by NULL)? 1 or -1. */
int jsonbody_only(json_t *o, const char *const *names, struct err *err);
/* Copies members that are strings into the arena; *to of one that is missing stays as it is. 1 or
 * -1. */
struct jsonbody_text {
	const char *name;
	struct str *to;
};
int jsonbody_texts(struct arena *a, const json_t *o, const struct jsonbody_text *texts, size_t n,
		   struct err *err);

#endif
