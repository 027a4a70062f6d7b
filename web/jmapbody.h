/* jmapbody: the parts of a message, and its header fields, as JMAP shows them.
 *
 * Source: RFC 8621, 4.1.2 to 4.1.4.
 */
#ifndef JMAPBODY_H
#define JMAPBODY_H

#include "jmapbase.h"

/* A message at hand. */
struct jmapbody {
	struct jmap *j;
	const struct query_message *m;
	json_t *args; /* of Email/get */
};

/* bodyStructure; textBody, htmlBody and attachments set in o; bodyValues. */
json_t *jmapbody_structure(const struct jmapbody *b);
void jmapbody_lists(const struct jmapbody *b, json_t *o);
json_t *jmapbody_values(const struct jmapbody *b, json_t *o);
/* "header:NAME[:asFORM][:all]" of the message. NULL: there is no such form. */
json_t *jmapbody_header(const struct jmapbody *b, struct str property);
/* All fields of a part's header, as they came. */
json_t *jmapbody_fields(const struct jmapbody *b, const struct mail_part *p);
/* The part of a blob id "b<hex>-<number>" among those of a message, or NULL. */
const struct mail_part *jmapbody_part(const struct mail *m, struct str number);

#endif
