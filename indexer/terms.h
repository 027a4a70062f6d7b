/* terms: a parsed message -> its terms and its filter text.
 *
 * What: the hot loop of indexing. Text is mapped in pieces, cut into tokens, and each distinct
 *   term kept once. A header line that recurs (recur.h) becomes a term, any other goes into the
 *   filter.
 * Source: lib/index/schema.h says which terms there are.
 * Limits: TERMS_MAX distinct terms of a message; beyond it, and for tokens longer than
 *   SCHEMA_MAX_TOKEN, the message gets the mark SCHEMA_MARK_LONG.
 * Memory: the collector is used again for message after message; terms live in the arena.
 */
#ifndef TERMS_H
#define TERMS_H

#include "archive.h"
#include "filter.h"
#include "record.h"
#include "xapian-c.h"

#define TERMS_MAX ((size_t)300000)

struct terms;

/* A collector, which gives header text to the filter (borrowed). terms_free accepts NULL. */
struct terms *terms_new(struct filter_maker *filter);
void terms_free(struct terms **t);
struct terms_message {
	const struct mail *m;
	const struct record *r;
	const struct archive_msg *msg;
	uint32_t docid;
};
/* All terms of a message and its record, each once, with prefix, wdf 0; the rest of its header
 * text goes into the filter. Owned by the collector (the bytes by the arena), until the next
 * call. */
void terms_collect(struct terms *t, struct arena *a, const struct terms_message *in,
		   const struct xap_term **out, size_t *n_out);
/* For checking an index: all terms that the message may have, as if every line and word of its
 * header were frequent, U for every field; and the lines themselves. Nothing goes into the
 * filter. */
struct terms_line {
	struct str mapped;
	struct str name;  /* mapped */
	char prefix;      /* 'L' or 'N' if it may be a term, else 0 */
	bool top;
};
void terms_expect(struct terms *t, struct arena *a, const struct terms_message *in,
		  const struct xap_term **out, size_t *n_out);
/* The lines that terms_expect saw, but those of more than 256 KiB. */
const struct terms_line *terms_lines(const struct terms *t, size_t *n_out);
/* The terms of a quarantined message. */
void terms_quarantined(struct terms *t, const struct xap_term **out, size_t *n_out);

#endif
