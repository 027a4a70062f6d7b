/* snippet: plain text around the first hit in a message's body, for result lists.
 *
 * Shape: bodies first, then what stands inside attachments. A needle of IMAP's keys is looked for
 *   in bodies only.
 * Limits: the first MiB of each part is looked at; a snippet has about 200 bytes.
 */
#ifndef SNIPPET_H
#define SNIPPET_H

#include "qnode.h"
#include "record.h"

/* What a query looks for in bodies: the needles that are not negated. */
struct snippet_needle {
	struct str mapped, bare; /* bare: without diacritics */
	bool word, prefix;       /* a whole word; what a word begins with */
	bool further;            /* a phrase's second word or a later one */
	bool in_bodies, in_attachments;
};
struct snippet_needles {
	const struct snippet_needle *list;
	size_t n;
};
/* A piece of a snippet, in bytes. */
struct snippet_mark {
	size_t at, n;
};
/* Collects them from a tree, in the arena. */
struct snippet_needles snippet_needles(struct arena *a, const struct qnode *q);
/* In which texts of a message what was looked for stands (where.h). */
enum where_text {
	WHERE_SUBJECT, WHERE_FROM, WHERE_TO, WHERE_CC, WHERE_BCC, WHERE_BODY,
	WHERE_ATTACHMENT, WHERE_FILENAME
};
/* "subject", "attachment" … */
const char *where_name(enum where_text text);
struct where_place {
	enum where_text text;
	size_t part; /* of an attachment: its place among the record's parts */
	bool hidden; /* of a body or an attachment: nowhere but in what HTML hides */
};
/* The attachment, or NULL: it is another text. */
const struct record_part *where_part(const struct record *r, const struct where_place *w);
struct where {
	const struct where_place *list;
	size_t n;
};
/* What a snippet is from. */
struct snippet_source {
	size_t part; /* its place among the record's parts */
	bool attached; /* else it is a body */
	bool hidden; /* of text that HTML hides from its reader (html.h) */
};
/* The text around the first of them, in the arena; "" when none stands in a body or an attachment.
 * Without what HTML hides, unless they stand there alone. */
struct str snippet_make(struct arena *a, const struct record *r,
			const struct snippet_needles *needles, struct snippet_source *from);
/* Where the needles stand in a text (case and diacritics aside), in order and apart. In the
 * arena. */
size_t snippet_marks(struct arena *a, struct str text, const struct snippet_needles *needles,
		     const struct snippet_mark **out);

#endif
