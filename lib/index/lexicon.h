/* lexicon: the distinct text terms of a segment, sorted, in one memory-mapped file.
 *
 * What: turns a needle into the terms that contain it, by one memmem over the file.
 * Source: docs/formats/index.md, "lexicon".
 * Memory: the handle maps the file; terms given out borrow from it or live in the arena.
 */
#ifndef LEXICON_H
#define LEXICON_H

#include "xapian-c.h"

struct lexicon;

/* Writes the lexicon of a database: all terms with the prefixes of SCHEMA_TEXT_PREFIXES. */
int lexicon_build(struct xap_db *db, const char *path, struct err *err);
/* Maps a lexicon; lexicon_close accepts NULL. 1 or -1 (ERR_BROKEN missing or damaged). */
int lexicon_open(struct lexicon **out, const char *path, struct err *err);
void lexicon_close(struct lexicon **lx);

enum lexicon_place { LEXICON_WHOLE, LEXICON_PREFIX, LEXICON_SUFFIX, LEXICON_INFIX };
/* What is asked for: terms of that prefix which have the mapped token `needle` at that place. */
struct lexicon_ask {
	char prefix;
	struct str needle;
	enum lexicon_place place;
	size_t max;      /* terms */
	struct str head; /* LEXICON_INFIX: only terms that begin so, with the needle behind it */
};
/* Those terms (prefix byte included), ascending, in the arena. 1: all of them, *n_out may be 0;
 * 0: more than max, or the lexicon is damaged. */
int lexicon_expand(struct lexicon *lx, struct arena *a, const struct lexicon_ask *ask,
		   const struct str **out, size_t *n_out);
/* The terms of that prefix which begin with `head`, without the prefix byte, ascending, each
 * with an LF behind it. Borrowed. */
struct str lexicon_section(struct lexicon *lx, char prefix, struct str head);

#endif
