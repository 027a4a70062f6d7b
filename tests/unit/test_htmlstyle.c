#include "t.h"

#include "htmlstyle.h"

int main(void)
{
	static const struct {
		const char *in, *want;
		size_t remote;
	} row[] = {
		{"color: red", "color:red;", 0},
		{" COLOR : #ff0000 ; ; width:10px;", "COLOR:#ff0000;width:10px;", 0},
		{"font-family: \"Comic Sans\", Arial", "font-family:'Comic Sans', Arial;", 0},
		{"background-color: rgba(1, 2, 3, .5)", "background-color:rgba(1, 2, 3, .5);", 0},
		{"background: url(http://x/y.png)", "", 1},
		{"background: URL ( 'x' ); color: url(\"x\")", "", 1},
		{"background-image: url(x)", "", 1},
		{"color: u\\72l(x)", "", 0},
		{"color: expression(alert(1))", "", 0},
		{"color: red/* ; */; width: 1px", "width:1px;", 0},
		{"position: fixed; top: 0", "", 0},
		{"behavior: url(x.htc); -moz-binding: url(x)", "", 2},
		{"width: calc(1px + 2px)", "", 0},
		{"color: rgb(1,2,3", "", 0},
		{"font-family: 'open", "", 0},
		{"font-family: '</style><script>'", "", 0},
		{"color: var(--x); --x: url(y)", "", 1},
		{"@import 'x'", "", 0},
		{"width: 1px !important", "width:1px !important;", 0},
		{"nonsense", "", 0},
		{":", "", 0},
	};
	struct buf b;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		buf_clear(&b);
		T(htmlstyle_write(str_of(row[i].in), &b) == row[i].remote);
		T_STR(buf_all(&b), str_of(row[i].want));
	}
	buf_free(&b);
	return t_done();
}
