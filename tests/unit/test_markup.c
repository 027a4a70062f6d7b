#include "t.h"

#include "markup.h"

static void escaping(void)
{
	static const struct {
		struct str in, want;
	} row[] = {
		{STR(""), STR("")},
		{STR("plain text\n\tx"), STR("plain text\n\tx")},
		{STR("<script>alert('1')</script>"),
		 STR("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;")},
		{STR("\" onload=\"x"), STR("&quot; onload=&quot;x")},
		{STR("&amp;"), STR("&amp;amp;")},
		{STR("a\0b"), STR("a\xEF\xBF\xBD" "b")},
		{STR("a\x1B[0mb\r"), STR("a\xEF\xBF\xBD[0mb\xEF\xBF\xBD")},
		{STR("\xC3\xA9\xC3"), STR("\xC3\xA9\xEF\xBF\xBD")},
		/* overlong '<' is not '<' */
		{STR("\xC0\xBCscript>"), STR("\xEF\xBF\xBD\xEF\xBF\xBDscript&gt;")},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct arena a = {0};
		struct buf b;
		struct markup m = {&b, &a};
		buf_init(&b, 4096);
		markup_text(&m, row[i].in);
		T_STR(buf_all(&b), row[i].want);
		buf_free(&b);
		arena_free(&a);
	}
}

static void others(void)
{
	struct arena a = {0};
	struct buf b;
	struct markup m = {&b, &a};
	buf_init(&b, 4096);
	MARKUP(&m, "<p>");
	markup_number(&m, 1234567);
	markup_url(&m, STR("a b&\"<\xFF"));
	T_STR(buf_all(&b), STR("<p>1,234,567a%20b%26%22%3C%FF"));
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	escaping();
	others();
	return t_done();
}
