#include "t.h"

#include "imapframe.h"

/* Everything a stream gives, as one text: responses in <>, messages in {size:bytes}, marks as
 * their letter; "!" at the end when it is refused. */
static void run(struct str stream, size_t step, struct buf *out)
{
	struct imapframe f;
	struct imapframe_out ev;
	struct err err;
	int r = 1;
	imapframe_init(&f);
	for (size_t at = 0; r == 1 && at < stream.n; at += step) {
		struct str in = str_cut(stream, at, at + step);
		do {
			if ((r = imapframe_step(&f, &in, &ev, &err)) < 0)
				break;
			if (ev.event == IMAPFRAME_BODY)
				buf_fmt(out, "{%llu}", (unsigned long long)ev.size);
			if (ev.event == IMAPFRAME_DATA)
				buf_str(out, ev.data);
			if (ev.event == IMAPFRAME_DONE) {
				buf_chr(out, '<');
				buf_str(out, ev.data);
				buf_chr(out, '>');
			}
		} while (ev.event != IMAPFRAME_MORE);
	}
	if (r < 0)
		buf_chr(out, '!');
	imapframe_free(&f);
}

static const struct {
	struct str in, want;
} row[] = {
	{STR("* OK hi\r\na1 OK\r\n"), STR("<* OK hi><a1 OK>")},
	{STR("* OK half"), STR("")},
	{STR("\r\n"), STR("<>")},
	{STR("* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n"),
	 STR("{3}abc<* 1 FETCH (UID 5 BODY[] \0B)>")},
	{STR("* 1 FETCH (BODY[] {0}\r\n UID 5)\r\n"), STR("{0}<* 1 FETCH (BODY[] \0B UID 5)>")},
	{STR("* 1 fetch (body[] ~{2}\r\n\0\0 UID 5)\r\n"),
	 STR("{2}\0\0<* 1 fetch (body[] \0B UID 5)>")},
	{STR("* 1 FETCH (RFC822 {1}\r\nx)\r\n"), STR("{1}x<* 1 FETCH (RFC822 \0B)>")},
	{STR("* 1 FETCH (BODY[]<0> {1}\r\nx)\r\n"), STR("{1}x<* 1 FETCH (BODY[]<0> \0B)>")},
	/* other literals stay inside */
	{STR("* 1 FETCH (BODY[TEXT] {1}\r\nx)\r\n"), STR("{1}x<* 1 FETCH (BODY[TEXT] \0B)>")},
	{STR("* 1 FETCH (BODY[HEADER] {1}\r\nx)\r\n"),
	 STR("{1}x<* 1 FETCH (BODY[HEADER] \0B)>")},
	{STR("* 1 FETCH (BODY[1.TEXT] {1}\r\nx)\r\n"),
	 STR("<* 1 FETCH (BODY[1.TEXT] {1}\r\nx)>")},
	{STR("* 1 FETCH (RFC822.HEADER {1}\r\nx)\r\n"),
	 STR("<* 1 FETCH (RFC822.HEADER {1}\r\nx)>")},
	{STR("* LIST () \"/\" {3}\r\na\nb\r\n"), STR("<* LIST () \"/\" {3}\r\na\nb>")},
	{STR("* LIST () {1}\r\n/ {1}\r\nx\r\n"), STR("<* LIST () {1}\r\n/ {1}\r\nx>")},
	/* a literal's content that looks like a literal's size */
	{STR("* LIST () NIL {3}\r\n {9\r\n"), STR("<* LIST () NIL {3}\r\n {9>")},
	{STR("* LIST () NIL {4}\r\n {9}\r\n* OK\r\n"), STR("<* LIST () NIL {4}\r\n {9}><* OK>")},
	/* free text is no literal */
	{STR("* OK wait {5}\r\n* OK\r\n"), STR("<* OK wait {5}><* OK>")},
	{STR("a1 NO wait {5}\r\n* OK\r\n"), STR("<a1 NO wait {5}><* OK>")},
	{STR("* LIST () NIL foo{5}\r\n* OK\r\n"), STR("<* LIST () NIL foo{5}><* OK>")},
	{STR("* LIST () NIL {}\r\n* OK\r\n"), STR("<* LIST () NIL {}><* OK>")},
	/* mail that looks like IMAP */
	{STR("* 1 FETCH (BODY[] {9}\r\na1 NO x\r\n)\r\n"),
	 STR("{9}a1 NO x\r\n<* 1 FETCH (BODY[] \0B)>")},
	/* sizes */
	{STR("* 1 FETCH (BODY[] {4294967285}\r\nab"), STR("{4294967285}ab")},
	{STR("* 1 FETCH (BODY[] {9223372036854775808}\r\n"), STR("!")},
	{STR("* 1 FETCH (BODY[] {99999999999999999999}\r\n"), STR("!")},
	/* not IMAP */
	{STR("* OK bare\n"), STR("!")},
	{STR("* OK \0\r\n"), STR("!")},
	{STR("* 1 FETCH (BODY[] {1}\r\nx BODY[] {1}\r\ny)\r\n"), STR("{1}x!")},
};

static void limits(void)
{
	struct buf in, out;
	buf_init(&in, 4 << 20);
	buf_init(&out, 4 << 20);
	for (size_t i = 0; i < IMAPFRAME_LINE + 10; i++)
		buf_chr(&in, 'x');
	run(buf_all(&in), 1 << 16, &out);
	T_STR(buf_all(&out), STR("!"));
	buf_clear(&in);
	buf_clear(&out);
	buf_str(&in, STR("* 1 FETCH (X-JUNK {70000}\r\n"));
	for (size_t i = 0; i < 70000; i++)
		buf_chr(&in, 'x');
	buf_str(&in, STR(" UID 5)\r\n"));
	run(buf_all(&in), 1 << 10, &out);
	T_STR(buf_all(&out), STR("<* 1 FETCH (X-JUNK \0D UID 5)>"));
	buf_free(&in);
	buf_free(&out);
}

int main(void)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		for (size_t step = 1; step < 100; step = step * 3 + 1) {
			buf_clear(&out);
			run(row[i].in, step, &out);
			T_STR(buf_all(&out), row[i].want);
		}
	buf_free(&out);
	limits();
	return t_done();
}
