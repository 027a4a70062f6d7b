#include "t.h"

#include "lex.h"

static void skipping(void)
{
	static const struct {
		struct str in, rest, comment;
		bool broken;
	} row[] = {
		{STR("a"), STR("a"), STR(""), false},
		{STR(" \t\r\n a"), STR("a"), STR(""), false},
		{STR("(x) (y z) a"), STR("a"), STR("y z"), false},
		{STR("(x (nested) y)a"), STR("a"), STR("x (nested) y"), false},
		{STR("(x \\) y) a"), STR("a"), STR("x \\) y"), false},
		{STR("(open"), STR(""), STR(""), true},
		{STR("(open\\"), STR(""), STR(""), true},
		{STR("(a) ((b)"), STR(""), STR("a"), true},
		{STR(""), STR(""), STR(""), false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lex l = {.s = row[i].in};
		T(lex_skip(&l) == (row[i].rest.n > 0));
		T_STR(str_cut(l.s, l.at, l.s.n), row[i].rest);
		T_STR(l.comment, row[i].comment);
		T(l.broken == row[i].broken);
	}
}

static void quoting(void)
{
	static const struct {
		struct str in, want;
		bool ok;
	} row[] = {
		{STR("\"\"x"), STR(""), true},
		{STR("\"a b\" (c) x"), STR("a b"), true},
		{STR("\"a\\\"b\\\\c\" x"), STR("a\"b\\c"), true},
		{STR("\"a\r\n b\"x"), STR("a b"), true},
		{STR("\"a\rb\"x"), STR("a\rb"), true},
		{STR("\"open"), STR("open"), false},
		{STR("\"open\\"), STR("open"), false},
		{STR("\"a\\\"x"), STR("a\"x"), false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct lex l = {.s = row[i].in};
		struct buf b;
		buf_init(&b, 100);
		T(lex_quoted(&l, &b) == row[i].ok);
		T_STR(buf_all(&b), row[i].want);
		T(lex_peek(&l) == (row[i].ok ? 'x' : -1));
		buf_free(&b);
	}
}

int main(void)
{
	struct lex l = {.s = STR("a.b/c\xE9 (x) ; d")};
	skipping();
	quoting();
	T_STR(lex_atom(&l), STR("a"));
	T(!lex_take(&l, ',') && lex_take(&l, '.'));
	T_STR(lex_token(&l), STR("b"));
	T_STR(lex_atom(&l), STR("/c\xE9"));
	T(lex_take(&l, ';') && !lex_take(&l, ';'));
	l = (struct lex){.s = STR("J.R.x y")};
	T_STR(lex_atom_dots(&l), STR("J.R.x"));
	T_STR(lex_atom(&l), STR("y"));
	T_STR(lex_atom(&l), STR(""));
	T(lex_peek(&l) == -1);
	return t_done();
}
