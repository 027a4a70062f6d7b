#include "t.h"

#include "utf8.h"

static void reading(void)
{
	static const struct {
		struct str s;
		size_t len;
		uint32_t cp;
	} row[] = {
		{STR("a"), 1, 'a'},
		{STR("\xC3\xA9z"), 2, 0xE9},
		{STR("\xE2\x82\xAC"), 3, 0x20AC},
		{STR("\xF0\x9F\x98\x80"), 4, 0x1F600},
		{STR("\xF4\x8F\xBF\xBF"), 4, 0x10FFFF},
		{STR("\xC3"), 0, 0},
		{STR("\xC0\x80"), 0, 0},
		{STR("\xC1\xBF"), 0, 0},
		{STR("\xE0\x9F\xBF"), 0, 0},
		{STR("\xED\xA0\x80"), 0, 0},
		{STR("\xE2\x82"), 0, 0},
		{STR("\xF0\x8F\xBF\xBF"), 0, 0},
		{STR("\xF4\x90\x80\x80"), 0, 0},
		{STR("\xF0\x9F\x98"), 0, 0},
		{STR("\x80"), 0, 0},
		{STR("\xFF"), 0, 0},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint32_t cp = 0;
		char back[4];
		T(utf8_get(row[i].s.p, row[i].s.n, &cp) == row[i].len);
		T(row[i].len == 0 || cp == row[i].cp);
		T(row[i].len == 0 || utf8_put(back, cp) == row[i].len);
		T(row[i].len == 0 || memcmp(back, row[i].s.p, row[i].len) == 0);
		T(utf8_valid(row[i].s) == str_utf8(row[i].s));
	}
}

/* Every place of one odd octet in a long text, for the loops that take 32 at a time. */
static void places(void)
{
	char text[100];
	for (size_t i = 0; i < sizeof text; i++) {
		memset(text, 'x', sizeof text);
		text[i] = (char)0x80;
		struct str s = {text, sizeof text};
		T(utf8_ascii(s) == i);
		T(!utf8_valid(s));
		if (i + 1 < sizeof text) {
			text[i] = (char)0xC3;
			text[i + 1] = (char)0xA9;
			T(utf8_valid(s));
		}
	}
}

static void cutting(void)
{
	struct str s = STR("a\xC3\xA9\xE2\x82\xAC");
	static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6};
	for (size_t n = 0; n < sizeof want / sizeof *want; n++)
		T(utf8_cut(s, n).n == want[n]);
	T(utf8_cut(STR("\x80\x80\x80\x80\x80"), 4).n == 1);
}

static void columns(void)
{
	struct str s = STR("a\xC3\xA9\xE2\x82\xAC" "b");
	static const size_t want[] = {0, 1, 3, 6, 7, 7};
	for (int i = 0; i < (int)(sizeof want / sizeof *want); i++)
		T(utf8_place(s, i + 1) == want[i]);
	for (int i = 0; i < 5; i++)
		T(utf8_column(s, want[i]) == i + 1);
	T(utf8_place(s, 0) == 0 && utf8_place(STR(""), 2) == 0 && utf8_column(STR(""), 2) == 1);
}

int main(void)
{
	char out[4];
	reading();
	places();
	cutting();
	columns();
	T(utf8_put(out, 0xD800) == 3 && memcmp(out, "\xEF\xBF\xBD", 3) == 0);
	T(utf8_put(out, 0x110000) == 3 && memcmp(out, "\xEF\xBF\xBD", 3) == 0);
	return t_done();
}
