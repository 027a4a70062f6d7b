/* ctype: the MIME fields of a part: type, parameters, disposition, transfer encoding.
 *
 * Source: RFC 2045 5.1, RFC 2183; RFC 2231 parameters by GMime.
 * Input: field values as they stand in the header (struct mail_field.raw), folded or not.
 */
#ifndef CTYPE_H
#define CTYPE_H

#include "arena.h"

struct ctype {
	struct str type;     /* lower case "text/html"; "" when it cannot be parsed */
	struct str charset;  /* "" when not given */
	struct str boundary; /* "" when not given */
};

/* Reads a Content-Type value. 1; 0: it cannot be parsed (then *out is all empty). */
int ctype_parse(struct arena *a, struct str raw, struct ctype *out);
/* The token of a Content-Transfer-Encoding value. */
struct str ctype_encoding(struct str raw);
/* Does a Content-Disposition value say attachment? */
bool ctype_attachment(struct str raw);
/* The file name by a Content-Disposition and a Content-Type value ("" for a field that is not
 * there), decoded to UTF-8; "" when there is none. Needs mail_init. */
struct str ctype_filename(struct arena *a, struct str disposition, struct str type);

#endif
