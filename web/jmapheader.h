/* jmapheader: one header field in one of JMAP's forms.
 *
 * Source: RFC 8621, 4.1.2 (forms, and which fields may be had in which), 4.1.3 (property names).
 */
#ifndef JMAPHEADER_H
#define JMAPHEADER_H

#include "jmapbase.h"

struct jmapheader {
	struct str name;
	unsigned form; /* a place in a table */
	bool all;      /* an array of all such fields; else the last one */
};

/* Reads "header:NAME[:asFORM][:all]". false: it is none, or the field is not to be had so. */
bool jmapheader_parse(struct str property, struct jmapheader *out);
/* Its value in the header of a part. */
json_t *jmapheader_value(struct jmap *j, const struct mail_part *p, const struct jmapheader *h);
/* All fields of a part's header, as they came. */
json_t *jmapheader_all(struct jmap *j, const struct mail_part *p);

#endif
