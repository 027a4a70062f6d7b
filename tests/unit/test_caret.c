#include "t.h"

#include "caret.h"

int main(void)
{
	static const struct {
		const char *q;
		size_t at, from, to;
		const char *field, *piece;
	} row[] = {
		{"", 0, 0, 0, "", ""}, {"fr", 2, 0, 2, "", "fr"}, {"fr", 99, 0, 2, "", "fr"},
		{"a from:jo b", 9, 7, 9, "from", "jo"}, {"a from:john", 9, 7, 11, "from", "jo"},
		{"-fr", 3, 1, 3, "", "fr"}, {"--x", 3, 2, 3, "", "x"}, {"-", 1, 1, 1, "", ""},
		{"-from:a", 7, 6, 7, "from", "a"}, {"(fr", 3, 1, 3, "", "fr"},
		{"a ", 2, 2, 2, "", ""}, {"from:", 5, 5, 5, "from", ""},
		{"from:a:b", 8, 5, 8, "from", "a:b"}, {"-fr", 0, 1, 3, "", ""},
		{"\"two wo", 7, 5, 7, "", "wo"}, {"from", 2, 0, 4, "", "fr"},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct caret_word w = caret_word(str_of(row[i].q), row[i].at);
		T(w.from == row[i].from);
		T(w.to == row[i].to);
		T_STR(w.field, str_of(row[i].field));
		T_STR(w.piece, str_of(row[i].piece));
	}
	return t_done();
}
