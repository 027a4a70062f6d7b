#include "t.h"

#include "arena.h"
#include "token.h"

/* "a|b" where the tokens are, with '-' before each that has a gap before it. */
static void cutting(void)
{
	static const struct {
		struct str in;
		const char *want;
	} row[] = {
		{STR(""), ""},
		{STR(" ,. "), ""},
		{STR("A"), "A|"},
		{STR(" A"), "-A|"},
		{STR("A B"), "A|-B|"},
		{STR("A1B_C-D"), "A1B|-C|-D|"},
		{STR("209.85"), "209|-85|"},
		{STR("X@Y.ORG\n"), "X|-Y|-ORG|"},
		{STR("U\xCC\x88" "BER"), "U\xCC\x88" "BER|"},	     /* marks belong */
		{STR("\xCC\x88"), "\xCC\x88|"},
		{STR("A\xE2\x80\x94" "B"), "A|-B|"},		     /* dash */
		{STR("A\xC2\xBD" "B"), "A\xC2\xBD" "B|"},	     /* N */
		{STR("\xE4\xB8\xAD\xE6\x96\x87\xE3\x80\x82X"), "\xE4\xB8\xAD\xE6\x96\x87|-X|"},
		{STR("\xF0\x90\x90\x80 \xF0\x9F\x98\x80"), "\xF0\x90\x90\x80|"},
		{STR("A\xEF\xBF\xBD" "B"), "A|-B|"},		     /* U+FFFD */
		{STR("A\xFF" "B\xC3"), "A|-B|"},		     /* malformed */
		{STR("A\0B"), "A|-B|"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str rest = row[i].in, tok;
		char got[200] = "";
		bool gap;
		while (token_next(&rest, &tok, &gap)) {
			size_t n = strlen(got);
			snprintf(got + n, sizeof got - n, "%s%.*s|", gap ? "-" : "", STR_ARG(tok));
		}
		T_STR(str_of(got), str_of(row[i].want));
		T(rest.n == 0 && tok.n == 0);
	}
}

/* Every ASCII octet by itself. */
static void ascii(void)
{
	for (int c = 0; c < 0x80; c++) {
		char one = (char)c;
		struct str rest = {&one, 1}, tok;
		bool gap;
		int low = c | 0x20;
		bool word = (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z' && c >= 'A');
		T(token_next(&rest, &tok, &gap) == word);
		T(gap == !word);
	}
}

static void before(void)
{
	static const struct {
		struct str in;
		size_t at;
		bool want;
	} row[] = {
		{STR("AB"), 1, true}, {STR("1B"), 1, true}, {STR(" B"), 1, false},
		{STR("A-B"), 2, false}, {STR("U\xCC\x88" "B"), 3, true},
		{STR("A\xE2\x80\x94" "B"), 4, false}, {STR("\xEF\xBF\xBD" "B"), 3, false},
		{STR("\xE4\xB8\xAD\xE6\x96\x87"), 3, true}, {STR("A\nB"), 2, false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T(token_goes_on(row[i].in, row[i].at) == row[i].want);
}

int main(void)
{
	before();
	cutting();
	ascii();
	return t_done();
}
