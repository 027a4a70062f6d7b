#include "t.h"

#include "popframe.h"

/* Everything a stream gives, as one text: lines in <>, the end of an answer as "$". Behind "+" an
 * answer of many lines follows. "!" at the end when it is refused. */
static void run(struct str stream, size_t step, struct buf *out)
{
	struct popframe f;
	struct popframe_out ev;
	struct err err;
	int r = 1;
	popframe_init(&f);
	for (size_t at = 0; r == 1 && at < stream.n; at += step) {
		struct str in = str_cut(stream, at, at + step);
		do {
			if ((r = popframe_step(&f, &in, &ev, &err)) < 0)
				break;
			if (ev.event == POPFRAME_ONE)
				buf_fmt(out, "<%.*s>", STR_ARG(ev.data));
			if (ev.event == POPFRAME_ONE && str_ends(ev.data, STR("+")))
				popframe_body(&f);
			if (ev.event == POPFRAME_DATA)
				buf_str(out, ev.data);
			if (ev.event == POPFRAME_END)
				buf_chr(out, '$');
		} while (ev.event != POPFRAME_MORE);
	}
	if (r < 0)
		buf_chr(out, '!');
	popframe_free(&f);
}

static const struct {
	struct str in, want;
} row[] = {
	{STR("+OK hi\r\n-ERR no\r\n"), STR("<+OK hi><-ERR no>")},
	{STR("+OK half"), STR("")},
	{STR("+OK half\r"), STR("")},
	{STR("\r\n"), STR("<>")},
	{STR("+\r\na\r\n.\r\n+OK\r\n"), STR("<+>a\r\n$<+OK>")},
	/* nothing at all, and an empty line */
	{STR("+\r\n.\r\n+OK\r\n"), STR("<+>$<+OK>")},
	{STR("+\r\n\r\n.\r\n"), STR("<+>\r\n$")},
	/* dots */
	{STR("+\r\n..\r\n..a\r\n...\r\n.\r\n"), STR("<+>.\r\n.a\r\n..\r\n$")},
	{STR("+\r\n.a\r\n.\r\n"), STR("<+>a\r\n$")}, /* one that should have had two */
	{STR("+\r\na.\r\n.b.\r\n.\r\n"), STR("<+>a.\r\nb.\r\n$")},
	/* only CRLF ends a line */
	{STR("+\r\na\n.\nb\r.\rc\r\n.\r\n"), STR("<+>a\n.\nb\r.\rc\r\n$")},
	{STR("+\r\na\n.\r\nb\r\n.\r\n"), STR("<+>a\n.\r\nb\r\n$")},
	{STR("+\r\na\r\r\n.\r\n"), STR("<+>a\r\r\n$")},
	{STR("+\r\n\r\r\r\n.\r\n"), STR("<+>\r\r\r\n$")},
	/* dot, CR, and then no LF */
	{STR("+\r\n.\rx\r\n.\r\n"), STR("<+>\rx\r\n$")},
	{STR("+\r\n.\r\r\n.\r\n"), STR("<+>\r\r\n$")},
	{STR("+\r\n.\n.\r\n.\r\n"), STR("<+>\n.\r\n$")},
	/* any octet */
	{STR("+\r\n\0\377\0\r\n.\0\r\n.\r\n"), STR("<+>\0\377\0\r\n\0\r\n$")},
	/* mail that looks like POP3 */
	{STR("+\r\n+OK\r\n-ERR\r\n.\r\n+OK\r\n"), STR("<+>+OK\r\n-ERR\r\n$<+OK>")},
	/* not POP3 */
	{STR("+OK bare\n"), STR("!")},
	{STR("+OK \0\r\n"), STR("!")},
};

static void limits(void)
{
	struct buf in, out;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < POPFRAME_LINE + 10; i++)
		buf_chr(&in, 'x');
	run(buf_all(&in), 1000, &out);
	T_STR(buf_all(&out), STR("!"));
	buf_clear(&in);
	buf_clear(&out);
	buf_str(&in, STR("+\r\n"));
	for (size_t i = 0; i < 200000; i++)
		buf_chr(&in, 'x');
	buf_str(&in, STR("\r\n.\r\n"));
	run(buf_all(&in), 7, &out);
	T(out.n == 200000 + 6 && str_ends(buf_all(&out), STR("xx\r\n$")));
	buf_free(&in);
	buf_free(&out);
}

int main(void)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t step = 1; step < 100; step = step < 8 ? step + 1 : step * 3) {
			buf_clear(&out);
			run(row[i].in, step, &out);
			T_STR(buf_all(&out), row[i].want);
		}
	buf_free(&out);
	limits();
	return t_done();
}
