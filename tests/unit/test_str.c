#include "t.h"

static void splitting(void)
{
	struct str rest = STR("a,,b"), piece;
	T(str_split(&rest, ',', &piece) == 1);
	T_STR(piece, STR("a"));
	T(str_split(&rest, ',', &piece) == 1);
	T_STR(piece, STR(""));
	T(str_split(&rest, ',', &piece) == 1);
	T_STR(piece, STR("b"));
	T(str_split(&rest, ',', &piece) == 0);
	rest = STR("one\r\ntwo\n\nlast\r");
	T(str_line(&rest, &piece) == 1);
	T_STR(piece, STR("one"));
	T(str_line(&rest, &piece) == 1);
	T_STR(piece, STR("two"));
	T(str_line(&rest, &piece) == 1);
	T_STR(piece, STR(""));
	T(str_line(&rest, &piece) == 1);
	T_STR(piece, STR("last\r"));
	T(str_line(&rest, &piece) == 0);
}

static void globs(void)
{
	static const struct {
		const char *pattern, *s;
		bool want;
	} row[] = {
		{"*", "", true},	 {"*", "abc", true},	  {"a*c", "abc", true},
		{"a*c", "abd", false},	 {"?", "", false},	  {"a?c", "abc", true},
		{"INBOX*", "INBOX/x", true}, {"**b", "aab", true}, {"", "a", false},
		{"*a*b*", "xaxxb", true}, {"*a*b*", "xbxxa", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(str_glob(str_of(row[i].pattern), str_of(row[i].s)) == row[i].want);
}

static void utf8(void)
{
	static const struct {
		struct str s;
		bool want;
	} row[] = {
		{STR("plain"), true},
		{STR("\xC3\xA9"), true},
		{STR("\xC3"), false},
		{STR("\xC0\x80"), false},
		{STR("\xED\xA0\x80"), false},
		{STR("\xF4\x90\x80\x80"), false},
		{STR("\xF0\x9F\x98\x80"), true},
		{STR("\x80"), false},
		{STR("\xE0\x80\x80"), false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(str_utf8(row[i].s) == row[i].want);
}

static void numbers(void)
{
	uint64_t v;
	uint32_t w;
	T(str_u64(STR("18446744073709551615"), &v) == 1 && v == UINT64_MAX);
	T(str_u64(STR("18446744073709551616"), &v) == 0);
	T(str_u64(STR(""), &v) == 0);
	T(str_u64(STR("-1"), &v) == 0);
	T(str_u32(STR("4294967295"), &w) == 1 && w == UINT32_MAX);
	T(str_u32(STR("4294967296"), &w) == 0);
}

/* Against looking at every place. Few different letters, so that much is nearly found. */
static void finding(void)
{
	char hay[300];
	unsigned seed = 7;
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)(seed >> 8) % sizeof hay, m, at = 0;
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			hay[i] = (char)('a' + (seed >> 16 & (round % 3 ? 1 : 3)));
		}
		seed = seed * 1103515245 + 12345;
		m = (size_t)(seed >> 16) % 12;
		struct str x = {hay + (n > 12 ? (seed >> 8) % (n - 12) : 0), m};
		char needle[12];
		memcpy(needle, n > 12 ? x.p : "abababababab", m);
		if (round % 2 && m > 0)
			needle[m / 2] = 'b';
		x.p = needle;
		while (at + m <= n && memcmp(hay + at, needle, m) != 0)
			at++;
		T(str_find((struct str){hay, n}, x) == (at + m <= n ? (ptrdiff_t)at : -1));
	}
}

int main(void)
{
	splitting();
	globs();
	utf8();
	numbers();
	finding();
	T(str_cmp(STR("a"), STR("ab")) < 0);
	T(str_ieq(STR("InBoX"), STR("INBOX")));
	T_STR(str_trim(STR(" \t x y\r\n")), STR("x y"));
	return t_done();
}
