#include "t.h"

#include "charset.h"

static void decoding(void)
{
	static const struct {
		const char *charset;
		struct str in, want;
		bool bad;
	} row[] = {
		{"iso-8859-1", STR("caf\xE9"), STR("caf\xC3\xA9"), false},
		{"ISO-8859-1", STR("caf\xE9"), STR("caf\xC3\xA9"), false},
		{" latin1 ", STR("\xE9"), STR("\xC3\xA9"), false},
		{"windows-1251", STR("\xCF\xF0\xE8"), STR("\xD0\x9F\xD1\x80\xD0\xB8"), false},
		{"koi8-r", STR("\xF0\xD2\xC9"), STR("\xD0\x9F\xD1\x80\xD0\xB8"), false},
		{"gb2312", STR("\xD6\xD0\xCE\xC4"), STR("\xE4\xB8\xAD\xE6\x96\x87"), false},
		{"iso-2022-jp", STR("\x1b$BF|K\\\x1b(B."), STR("\xE6\x97\xA5\xE6\x9C\xAC."), false},
		{"utf-16be", STR("\0c\0\xE9"), STR("c\xC3\xA9"), false},
		{"iso-8859-1", STR("plain"), STR("plain"), false},
		{"gb2312", STR("plain"), STR("plain"), false},
		/* undecodable octets: one U+FFFD for a run of them */
		{"gb2312", STR("\xD6\xD0\x80\x80x"), STR("\xE4\xB8\xAD\xEF\xBF\xBDx"), true},
		{"gb2312", STR("\xD6\xD0\xD6"), STR("\xE4\xB8\xAD\xEF\xBF\xBD"), true},
		{"ansi_x3.4-1968", STR("\xE9z"), STR("\xEF\xBF\xBDz"), true},
		{"iso-8859-7", STR("\xAE" "a\xAE"), STR("\xEF\xBF\xBD" "a\xEF\xBF\xBD"), true},
		/* no usable charset: UTF-8, other octets as windows-1252 */
		{"", STR("\xC3\xA9 \xE9 \x80 \x81"),
		 STR("\xC3\xA9 \xC3\xA9 \xE2\x82\xAC \xC2\x81"), false},
		{"us-ascii", STR("\xC3\xA9\xE9"), STR("\xC3\xA9\xC3\xA9"), false},
		{"UTF-8", STR("\xE9"), STR("\xC3\xA9"), false},
		{"utf8", STR("\xC3"), STR("\xC3\x83"), false},
		{"x-unknown", STR("\x93q\x94"), STR("\xE2\x80\x9Cq\xE2\x80\x9D"), false},
		{"iso-8859-1//TRANSLIT", STR("\x93"), STR("\xE2\x80\x9C"), false},
		{"latin1,utf-16", STR("\x93"), STR("\xE2\x80\x9C"), false},
		{"iso-8859-1", STR(""), STR(""), false},
		{"koi8-r", STR("a\0b\xD2"), STR("a\0b\xD1\x80"), false},
	};
	struct arena a = {0};
	for (int again = 0; again < 2; again++)
		for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
			bool bad = false;
			T_STR(charset_decode(&a, str_of(row[i].charset), row[i].in, &bad),
			      row[i].want);
			T(bad == row[i].bad);
		}
	arena_free(&a);
}

/* Output that grows far beyond the first guess of its size. */
static void growing(void)
{
	struct arena a = {0};
	char in[5000];
	bool bad = false;
	memset(in, 0x80, sizeof in); /* U+20AC, three octets */
	struct str out = charset_decode(&a, STR("cp1252"), (struct str){in, sizeof in}, &bad);
	T(out.n == 3 * sizeof in && !bad);
	T_STR(str_cut(out, out.n - 3, out.n), STR("\xE2\x82\xAC"));
	out = charset_guess(&a, (struct str){in, sizeof in});
	T(out.n == 3 * sizeof in);
	arena_free(&a);
}

static void knowing(void)
{
	static const struct {
		const char *name;
		bool want;
	} row[] = {{"utf-8", true},	 {"US-ASCII", true}, {"KOI8-R", true}, {"x-nope", false},
		   {"", false},		 {"a/b", false},     {"utf-8//IGNORE", false},
		   {"iso-8859-15", true}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(charset_known(str_of(row[i].name)) == row[i].want);
}

int main(void)
{
	decoding();
	growing();
	knowing();
	return t_done();
}
