#include "t.h"

#include "buf.h"
#include "htmltok.h"

/* Tokens as text: kind, name, attributes. */
static void shown(struct str html, struct buf *b)
{
	static const char kinds[] = "TOCR-";
	struct htmltok_reader r = {.s = html};
	struct htmltok t;
	while (htmltok_next(&r, &t)) {
		struct str name, value;
		buf_chr(b, kinds[t.kind]);
		buf_str(b, t.name);
		while (t.kind == HTMLTOK_OPEN && htmltok_attr(&t.attrs, &name, &value))
			buf_fmt(b, " %.*s=%.*s", STR_ARG(name), STR_ARG(value));
		buf_str(b, t.text);
		buf_chr(b, '|');
	}
}

static void tokens(void)
{
	static const struct {
		const char *in, *want;
	} row[] = {
		{"", ""},
		{"a<b>c</b>", "Ta|Ob|Tc|Cb|"},
		{"<a href=x title = 'y z' w=\"v\" u>", "Oa href=x title=y z w=v u=|"},
		{"<a/b/c=d/>", "Oa b= c=d/|"},
		{"<a =b>", "Oa =b=|"},
		{"<a b=>c", "Oa b=|Tc|"},
		{"<a b='>'>c", "Oa b=>|Tc|"},
		{"<a b=\"open", "Oa b=open|"},
		{"<br/>", "Obr|"},
		{"a < b", "Ta |T< b|"},
		{"<<b>", "T<|Ob|"},
		{"</ b>", "T</ b>|"},
		{"<!-- <b> -->c", "-|Tc|"},
		{"<!DOCTYPE html><?x y?>c", "-|-|Tc|"},
		{"<script>a<b>c</scripty></script >d", "Oscript|Ra<b>c</scripty>|Cscript|Td|"},
		{"<style>open", "Ostyle|Ropen|"},
		{"<style></style>", "Ostyle|R|Cstyle|"},
	};
	struct buf b;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		buf_clear(&b);
		shown(str_of(row[i].in), &b);
		T_STR(buf_all(&b), str_of(row[i].want));
	}
	buf_free(&b);
}

static void skipping(void)
{
	struct htmltok_reader r = {.s = STR("<title>a<b></TITLE>c")};
	struct htmltok t;
	T(htmltok_next(&r, &t) == 1 && htmltok_skip(&r, t.name));
	T(htmltok_next(&r, &t) == 1 && t.kind == HTMLTOK_CLOSE);
	T(htmltok_next(&r, &t) == 1 && t.kind == HTMLTOK_TEXT);
	T(!htmltok_skip(&r, STR("title")));
	T(htmltok_next(&r, &t) == 0);
}

int main(void)
{
	tokens();
	skipping();
	return t_done();
}
