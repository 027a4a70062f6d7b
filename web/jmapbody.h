/* jmapbody: the parts of a message as JMAP shows them.
 *
 * Source: RFC 8621, 4.1.4.
 */
#ifndef JMAPBODY_H
#define JMAPBODY_H

#include "jmapbase.h"

/* A message at hand. */
struct jmapbody {
	struct jmap *j;
	const struct query_message *m;
	json_t *args; /* of Email/get or Email/parse */
	struct str within; /* the part of m->msg that it is, as in a blob id; "": itself */
};

/* Are the arguments that are about bodies good? 1; 0 the error is set. */
int jmapbody_check(struct jmap *j, json_t *args);
/* bodyStructure. */
json_t *jmapbody_structure(const struct jmapbody *b);

/* Parts by their places. */
struct jmapbody_list {
	size_t *parts;
	size_t n;
};
struct jmapbody_lists {
	struct jmapbody_list text, html, attached;
};
/* textBody, htmlBody and attachments, by the algorithm of 4.1.4. In the arena. */
void jmapbody_lists(const struct jmapbody *b, struct jmapbody_lists *out);
/* One of them. */
json_t *jmapbody_show(const struct jmapbody *b, const struct jmapbody_list *l);
/* hasAttachment: what the filter of that name finds, `has:attachment`. */
bool jmapbody_attaches(const struct jmapbody *b);
/* bodyValues, as the arguments ask for them. */
json_t *jmapbody_values(const struct jmapbody *b, const struct jmapbody_lists *l);
/* The part of a blob id "b<hex>-<number>" among those of a message, or NULL. */
const struct mail_part *jmapbody_part(const struct mail *m, struct str number);

#endif
