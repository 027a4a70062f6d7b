#include "plain.h"

#include "charset.h"
#include "html.h"

#include <iconv.h>

/* In use in mail and in old documents. Held open for ever: a child cannot load them. Each makes
 * every fork a little dearer. */
static const char *const converters[] = {
	"iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-8", "iso-8859-9",
	"iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "windows-1253",
	"windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-874", "cp437",
	"cp850", "cp866", "koi8-r", "koi8-u", "macintosh", "utf-7", "utf-16le", "utf-16be",
	"utf-16", "utf-32le", "utf-32be", "cp932", "shift_jis", "euc-jp", "iso-2022-jp", "gb2312",
	"gbk", "gb18030", "big5", "euc-kr", "cp949",
};

void plain_load(void)
{
	for (size_t i = 0; i < sizeof converters / sizeof *converters; i++)
		iconv_open("UTF-8", converters[i]);
}

struct mark {
	struct str bytes;
	const char *charset;
};

static const struct mark marks[] = {
	{{"\xEF\xBB\xBF", 3}, "utf-8"},
	{{"\xFF\xFE\0\0", 4}, "utf-32le"},
	{{"\0\0\xFE\xFF", 4}, "utf-32be"},
	{{"\xFF\xFE", 2}, "utf-16le"},
	{{"\xFE\xFF", 2}, "utf-16be"},
};

struct str plain_decode(struct arena *a, struct str charset, struct str s)
{
	bool bad = false;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_starts(s, marks[i].bytes))
			return charset_decode(a, str_of(marks[i].charset),
					      str_cut(s, marks[i].bytes.n, s.n), &bad);
	return charset_decode(a, charset, s, &bad);
}

void plain_read(struct document *d)
{
	struct str text = plain_decode(d->a, STR(""), d->doc.bytes), line;
	while (str_line(&text, &line)) {
		board_text(d->board, line);
		board_text(d->board, STR("\n"));
	}
}

/* The charset that <meta charset=…> or <meta … content="…; charset=…"> names, or "". */
static struct str meta_charset(struct str s)
{
	struct str head = str_cut(s, 0, 2048);
	ptrdiff_t at;
	for (;;) {
		at = str_find(head, STR("charset="));
		if (at < 0)
			at = str_find(head, STR("CHARSET="));
		if (at < 0)
			return STR("");
		head = str_cut(head, (size_t)at + 8, head.n);
		size_t from = head.n && (head.p[0] == '"' || head.p[0] == '\''), n = from;
		while (n < head.n && head.p[n] != '"' && head.p[n] != '\'' && head.p[n] != '>' &&
		       head.p[n] != ';' && head.p[n] != ' ' && head.p[n] != '/')
			n++;
		if (n > from)
			return str_cut(head, from, n);
	}
}

void plain_html(struct document *d)
{
	struct str s = d->doc.bytes;
	board_text(d->board, html_text(d->a, plain_decode(d->a, meta_charset(s), s)));
}
