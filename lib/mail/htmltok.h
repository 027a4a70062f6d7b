/* htmltok: HTML as a row of tokens.
 *
 * Source: the tokeniser states of the WHATWG HTML standard, section 13.2.5, reduced.
 * Shape: a reader that is copied freely; tokens borrow its text. Linear time on any input.
 * Raw: what stands between <script>, <style>, <noembed>, <noframes>, <iframe> and their end is
 *   one token; it is no text that a reader sees.
 */
#ifndef HTMLTOK_H
#define HTMLTOK_H

#include "str.h"

/* White space, as HTML and CSS have it. */
static inline bool htmltok_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

enum htmltok_kind {
	HTMLTOK_TEXT,  /* with its character references; may begin with a '<' that is text */
	HTMLTOK_OPEN,  /* a start tag */
	HTMLTOK_CLOSE, /* an end tag */
	HTMLTOK_RAW,   /* see above */
	HTMLTOK_OTHER  /* comment, declaration, processing instruction */
};

struct htmltok {
	enum htmltok_kind kind;
	struct str name;  /* of a tag's element, as written */
	struct str attrs; /* of a start tag, for htmltok_attr */
	struct str text;  /* of TEXT and RAW */
};

struct htmltok_reader {
	struct str s;
	size_t at;
	struct str raw; /* the element whose raw content comes next; "" for none */
};

/* The next token: 1, or 0 at the end. */
int htmltok_next(struct htmltok_reader *r, struct htmltok *t);
/* Cuts the next attribute off. name and value as written, the value without its quotes, with
 * its character references. 1, or 0 when there is none. */
int htmltok_attr(struct str *attrs, struct str *name, struct str *value);
/* Goes on at the end tag of that name. false: there is none, and nothing was skipped. */
bool htmltok_skip(struct htmltok_reader *r, struct str name);

#endif
