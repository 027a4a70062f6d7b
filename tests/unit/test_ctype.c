#include "t.h"

#include "ctype.h"
#include "mail.h"

static void types(void)
{
	static const struct {
		struct str in, type, charset, boundary;
	} row[] = {
		{STR(" text/plain"), STR("text/plain"), STR(""), STR("")},
		{STR(" TEXT/HTML; CharSet=UTF-8"), STR("text/html"), STR("UTF-8"), STR("")},
		{STR(" text / plain ; charset = x "), STR("text/plain"), STR("x"), STR("")},
		{STR(" (a) text/plain (b) ; (c) charset=x (d)"), STR("text/plain"), STR("x"),
		 STR("")},
		{STR(" text/plain;"), STR("text/plain"), STR(""), STR("")},
		{STR(" text/plain; charset"), STR("text/plain"), STR(""), STR("")},
		{STR(" text/plain; x; charset=y"), STR("text/plain"), STR("y"), STR("")},
		{STR(" text/plain; charset=\"a b\""), STR("text/plain"), STR("a b"), STR("")},
		{STR(" text/plain; charset=a; charset=b"), STR("text/plain"), STR("a"), STR("")},
		{STR(" text/plain; x=\"a;charset=b\"; charset=c"), STR("text/plain"), STR("c"),
		 STR("")},
		{STR(" multipart/mixed;\r\n\tboundary=\"B\r\n C\""), STR("multipart/mixed"),
		 STR(""), STR("B C")},
		{STR(" multipart/mixed; boundary==_B=; charset=x"), STR("multipart/mixed"),
		 STR("x"), STR("=_B=")},
		{STR(" multipart/mixed; boundary=\"\""), STR("multipart/mixed"), STR(""), STR("")},
		{STR(" multipart/mixed; boundary=\"open"), STR("multipart/mixed"), STR(""),
		 STR("")},
		{STR(" multipart/mixed; boundary*0=B; boundary*1=C"), STR("multipart/mixed"),
		 STR(""), STR("BC")},
		{STR(" text/plain; charset*=us-ascii''utf-8"), STR("text/plain"), STR("utf-8"),
		 STR("")},
		/* cannot be parsed */
		{STR(" text"), STR(""), STR(""), STR("")},
		{STR(" text/"), STR(""), STR(""), STR("")},
		{STR(" /plain"), STR(""), STR(""), STR("")},
		{STR(""), STR(""), STR(""), STR("")},
		{STR(" text/plain charset=x"), STR(""), STR(""), STR("")},
		{STR(" text/plain, x"), STR(""), STR(""), STR("")},
		{STR(" \"text/plain\""), STR(""), STR(""), STR("")},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct ctype ct;
		T(ctype_parse(&a, row[i].in, &ct) == (row[i].type.n > 0));
		T_STR(ct.type, row[i].type);
		T_STR(ct.charset, row[i].charset);
		T_STR(ct.boundary, row[i].boundary);
	}
	arena_free(&a);
}

static void names(void)
{
	static const struct {
		const char *disposition, *type, *want;
	} row[] = {
		{"", "", ""},
		{" attachment", " text/plain", ""},
		{" attachment; filename=a.txt", "", "a.txt"},
		{" attachment; filename=\"a b.txt\"", "", "a b.txt"},
		{" inline;\r\n filename=a.txt", " x/y; name=b", "a.txt"},
		{"", " x/y; name=\"b c\"", "b c"},
		{" attachment", " x/y; name=b", "b"},
		{" attachment; filename*=utf-8''%C3%A9.txt", "", "\xC3\xA9.txt"},
		{" attachment; filename*0=ab; filename*1=c.txt", "", "abc.txt"},
		{" attachment; filename*0*=iso-8859-1''%E9; filename*1=c", "", "\xC3\xA9" "c"},
		{" attachment; filename=\"=?utf-8?q?=C3=A9?=\"", "", "\xC3\xA9"},
		{" attachment; filename=caf\xE9", "", "caf\xC3\xA9"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(ctype_filename(&a, str_of(row[i].disposition), str_of(row[i].type)),
		      str_of(row[i].want));
	arena_free(&a);
}

int main(void)
{
	mail_init();
	types();
	names();
	T_STR(ctype_encoding(STR(" (c) base64 x")), STR("base64"));
	T_STR(ctype_encoding(STR(" \"base64\"")), STR(""));
	T(ctype_attachment(STR(" Attachment; filename=x")));
	T(!ctype_attachment(STR(" inline; filename=attachment")));
	return t_done();
}
