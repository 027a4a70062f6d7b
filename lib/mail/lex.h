/* lex: the lexical tokens of structured header fields.
 *
 * Source: RFC 5322 3.2 (atoms, quoted strings, comments, folding white space), RFC 2045 5.1
 *   (tokens). Works on folded and unfolded text. Octets >= 0x80 are atext.
 * Shape: a cursor; functions that read a token also skip what may stand behind it.
 */
#ifndef LEX_H
#define LEX_H

#include "arena.h"
#include "buf.h"

struct lex {
	struct str s;
	size_t at;
	struct str comment; /* inside of the last comment skipped, as it stands */
	bool broken;        /* a comment or quoted string does not end */
};

/* The next octet, or -1 at the end. */
int lex_peek(const struct lex *l);
/* Is the next octet c? Then it is skipped. */
bool lex_take(struct lex *l, char c);
/* Skips white space and comments. Returns whether something is left. */
bool lex_skip(struct lex *l);
/* Is c part of an atom (RFC 5322 atext, or >= 0x80)? */
bool lex_is_atext(int c);
/* The run of atext, of atext and '.', of RFC 2045 token characters at the cursor. Empty: none. */
struct str lex_atom(struct lex *l);
struct str lex_atom_dots(struct lex *l);
struct str lex_token(struct lex *l);
/* A quoted string at the cursor (which stands on '"'): appends what it says, quoted pairs
 * undone and line ends dropped. false, and broken, when it does not end. */
bool lex_quoted(struct lex *l, struct buf *out);
/* Appends s with quoted pairs undone and line ends dropped. */
void lex_unquote(struct str s, struct buf *out);

#endif
