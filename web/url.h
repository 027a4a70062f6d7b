/* url: request targets. Percent-decoding, query strings, and escaping for links.
 *
 * Source: RFC 3986 (syntax), the WHATWG form encoding for '+' in query strings.
 * Shape: the path is split at '/' first and decoded after, so "%2F" never makes a segment.
 * Limits: URL_MAX_SEGMENTS, URL_MAX_PARAMS.
 * Errors: ERR_INPUT for malformed escapes, "." and ".." segments, NUL in a path.
 * Memory: everything in the arena.
 */
#ifndef URL_H
#define URL_H

#include "arena.h"
#include "buf.h"
#include "err.h"

enum { URL_MAX_SEGMENTS = 16, URL_MAX_PARAMS = 256 };

struct url_param {
	struct str name, value;
};

struct url {
	struct str segments[URL_MAX_SEGMENTS]; /* "/a/b" has two, "/" has none, "/a/" has "a", "" */
	size_t n_segments;
	const struct url_param *params;
	size_t n_params;
};

/* Splits and decodes a target in origin form ("/a?b=c") or absolute form ("http://x/a"). 1 or
 * -1 (ERR_INPUT). */
int url_parse(struct arena *a, struct str target, struct url *out, struct err *err);
/* The value of the first parameter of that name, or `otherwise`. Borrowed. */
struct str url_get(const struct url *u, const char *name, struct str otherwise);
/* The first parameter of u that is not among the names (ended by NULL) or is there twice; NULL:
 * none. Borrowed. */
const struct url_param *url_odd(const struct url *u, const char *const *names);
/* Escapes undone; as it is when one is malformed. In the arena. */
struct str url_unescape(struct arena *a, struct str s);
/* Appends s with everything but RFC 3986's unreserved characters escaped. */
void url_escape(struct buf *out, struct str s);

#endif
