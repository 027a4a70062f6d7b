#include "lex.h"

enum { ATEXT = 1, TOKEN = 2, BLANK = 4, DOT = 8 };

static int class_of(int c)
{
	if (c < 0)
		return 0;
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		return BLANK;
	if (c >= 0x80)
		return ATEXT | TOKEN;
	if (c < ' ' || c == 0x7F)
		return 0;
	if (strchr("()<>[]:;@\\,\"", c))
		return 0;
	if (c == '.')
		return TOKEN | DOT;
	return c == '/' || c == '?' || c == '=' ? ATEXT : ATEXT | TOKEN;
}

int lex_peek(const struct lex *l)
{
	return l->at < l->s.n ? (unsigned char)l->s.p[l->at] : -1;
}

bool lex_take(struct lex *l, char c)
{
	if (lex_peek(l) != (unsigned char)c)
		return false;
	l->at++;
	return true;
}

bool lex_is_atext(int c)
{
	return class_of(c) & ATEXT;
}

/* The cursor stands behind '('. */
static void skip_comment(struct lex *l)
{
	size_t start = l->at;
	unsigned depth = 1;
	for (; l->at < l->s.n; l->at++) {
		char c = l->s.p[l->at];
		if (c == '\\')
			l->at++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0) {
			l->comment = str_cut(l->s, start, l->at++);
			return;
		}
	}
	l->at = l->s.n;
	l->broken = true;
}

bool lex_skip(struct lex *l)
{
	for (;;) {
		while (class_of(lex_peek(l)) & BLANK)
			l->at++;
		if (!lex_take(l, '('))
			return l->at < l->s.n;
		skip_comment(l);
	}
}

/* The run of octets of these classes, and what may be skipped behind it. */
static struct str run(struct lex *l, int classes)
{
	size_t from = l->at;
	while (class_of(lex_peek(l)) & classes)
		l->at++;
	struct str s = str_cut(l->s, from, l->at);
	lex_skip(l);
	return s;
}

struct str lex_atom(struct lex *l)
{
	return run(l, ATEXT);
}

struct str lex_atom_dots(struct lex *l)
{
	return run(l, ATEXT | DOT);
}

struct str lex_token(struct lex *l)
{
	return run(l, TOKEN);
}

void lex_unquote(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\\') {
			if (++i == s.n)
				return;
			buf_chr(out, s.p[i]);
		} else if (c != '\n' && !(c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')) {
			buf_chr(out, c);
		}
	}
}

bool lex_quoted(struct lex *l, struct buf *out)
{
	size_t start = ++l->at;
	for (; l->at < l->s.n; l->at++) {
		char c = l->s.p[l->at];
		if (c == '\\') {
			l->at++;
		} else if (c == '"') {
			lex_unquote(str_cut(l->s, start, l->at), out);
			l->at++;
			lex_skip(l);
			return true;
		}
	}
	l->at = l->s.n;
	l->broken = true;
	lex_unquote(str_cut(l->s, start, l->s.n), out);
	return false;
}
