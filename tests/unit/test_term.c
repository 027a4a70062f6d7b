#include "t.h"

#include "term.h"

static const struct {
	const char *in, *line, *lines;
} clean[] = {
	{"plain", "plain", "plain"},
	{"a\tb\r\nc", "a b  c", "a\tb\nc"},
	{"\x1b[31mred\x07", "?[31mred?", "?[31mred?"},
	{"\x7f\xc2\x9b" "2J", "??2J", "??2J"},
	{"caf\xc3\xa9", "caf\xc3\xa9", "caf\xc3\xa9"},
	{"caf\xe9!", "caf?!", "caf?!"},
	{"\xe2\x80\xaeoof", "?oof", "?oof"},
	{"\xe2\x81\xa6x\xe2\x81\xa9", "?x?", "?x?"},
	{"\xef\xbb\xbfx", "?x", "?x"},
	{"\xed\xa0\x80", "???", "???"},
	{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

static const struct {
	const char *in;
	unsigned n;
	const char *want;
} fit[] = {
	{"abc", 5, "abc  "},
	{"abcde", 5, "abcde"},
	{"abcdef", 5, "abcd…"},
	{"abcdef", 1, "…"},
	{"abcdef", 0, "abcdef"},
	{"", 3, "   "},
	{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
	{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "\xe6\x97\xa5\xe6\x9c\xac…"},
	{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, "\xe6\x97\xa5… "},
	{"e\xcc\x81" "a", 2, "e\xcc\x81" "a"},
	{"a\nb", 4, "a b "},
};

int main(void)
{
	struct arena a = {0};
	for (size_t i = 0; i < sizeof clean / sizeof clean[0]; i++) {
		T_STR(term_clean(&a, str_of(clean[i].in), false), str_of(clean[i].line));
		T_STR(term_clean(&a, str_of(clean[i].in), true), str_of(clean[i].lines));
	}
	T(term_clean(&a, STR("a\0b"), true).n == 3);
	T_STR(term_clean(&a, STR("a\0b"), true), STR("a?b"));
	for (size_t i = 0; i < sizeof fit / sizeof fit[0]; i++)
		T_STR(term_fit(&a, str_of(fit[i].in), fit[i].n), str_of(fit[i].want));
	T(term_width(STR("abc")) == 3);
	T(term_width(STR("\xe6\x97\xa5")) == 2);
	arena_free(&a);
	return t_done();
}
