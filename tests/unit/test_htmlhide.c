#include "t.h"

#include "buf.h"
#include "html.h"
#include "htmlhide.h"

static struct arena a;

struct row {
	const char *in, *want; /* the text with what is hidden in brackets */
};

static void check(const struct row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct html_seen s = html_read(&a, str_of(row[i].in));
		T_STR(html_marked(&a, &s), str_of(row[i].want));
		T_STR(s.text, html_text(&a, str_of(row[i].in)));
		T(html_visible(&a, &s).n == s.text.n);
	}
}

#define CHECK(rows) check(rows, sizeof rows / sizeof *rows)
#define HIDDEN_X "a[hidden: x]b"

/* What one style makes of an element. */
static void styles(void)
{
	static const struct {
		const char *style;
		bool hidden;
	} row[] = {
		{"display:none", true}, {"DISPLAY : None ;", true},
		{"display:none!important", true},
		{"display:none ! important;display:block", true}, {"display:block", false},
		{"display:none;display:block", false}, {"display:nonesuch", false},
		{"di/* */splay:none", true}, {"display&#58;none", true},
		{"display:no\\6e e", false},
		{"visibility:hidden", true}, {"visibility:collapse", true},
		{"visibility:visible", false}, {"mso-hide:all", false},
		{"opacity:0", true}, {"opacity:0.0", true}, {"opacity:.04", true},
		{"opacity:3%", true}, {"opacity:0.5", false}, {"opacity:1", false},
		{"font-size:0", true}, {"font-size:0px", true}, {"font-size:1px", true},
		{"font-size:.5pt", true}, {"font-size:0.0em", true}, {"font-size:2px", false},
		{"font-size:1em", false}, {"font-size:5%", true}, {"font-size:50%", false},
		{"font-size:-1px", false}, {"font-size:0;font-size:12px", false},
		{"font:0/0 a", true}, {"font:bold 1px/1px Arial", true}, {"font:700 12px x", false},
		{"font:bold 12px/0 Arial", false}, {"font-size:small", false},
		{"font-size:1e9999px", false}, {"font-size:0vw", true}, {"font-size:2vw", false},
		{"line-height:0;overflow:hidden;display:block", true},
		{"line-height:0;overflow:hidden", false}, {"line-height:0", false},
		{"line-height:0;overflow:hidden;display:block;height:20px", false},
		{"display:block;max-height:0;overflow:hidden", true},
		{"display:block;height:0px;overflow:hidden", true},
		{"display:block;width:0;overflow:hidden", true},
		{"display:inline-block;max-width:1px;overflow:hidden", true},
		{"display:block;height:0", false},
		{"display:block;height:9px;overflow:hidden", false},
		{"height:0;overflow:hidden", false}, {"display:block;overflow:hidden", false},
		{"display:block;height:0;overflow:hidden;min-height:9px", false},
		{"display:block;height:0;overflow:hidden;padding-bottom:56%;padding-top:0", false},
		{"display:block;height:0;overflow:hidden;padding:0 1px", true},
		{"color:#fff", true}, {"color:#FFFFFF", true}, {"color:white", true},
		{"color:#f5f5f5", true}, {"color:#f4f4f4", false}, {"color:snow", true},
		{"color:rgb(255,255,255)", true}, {"color:rgb(100% 100% 99%)", true},
		{"color:rgba(0,0,0,0)", true}, {"color:rgba(0,0,0,.01)", true},
		{"color:rgba(0,0,0,.5)", false}, {"color:transparent", true}, {"color:#0000", true},
		{"color:#000", false}, {"color:hsl(0,0%,100%)", false}, {"color:var(--x)", false},
		{"color:windowtext", false}, {"color:inherit", false},
		{"color:#fff;background:#000", false}, {"color:#fff;background:black", false},
		{"color:#fff;background:url(x.png)", false},
		{"color:#fff;background:url(x.png) #fff", false},
		{"color:#fff;background-image:none", true},
		{"color:#fff;background-image:linear-gradient(red, blue)", false},
		{"color:#fff;background:transparent", true}, {"color:#fff;background:none", true},
		{"background:#000", true}, {"background-color:rgba(0,0,0,.99)", true},
		{"background-color:rgba(0,0,0,.5)", false}, {"background:#111;color:#0a0a0a", true},
		{"color:#fff;background:url(\"data:image/png;base64,AA\")", false},
		{"", false}, {";;:;a", false}, {":none", false}, {"display", false},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct str html = arena_fmt(&a, "a<span style='%s'>x</span>b", row[i].style);
		struct html_seen s = html_read(&a, html);
		T_STR(html_marked(&a, &s), row[i].hidden ? STR(HIDDEN_X) : STR("axb"));
	}
}

/* Which elements are open where. */
static void trees(void)
{
	static const struct row row[] = {
		{"a<b hidden>x</b>b", HIDDEN_X},
		{"a<b HIDDEN=until-found>x</b>b", HIDDEN_X},
		{"<title>a b</title>c", "[hidden: a b]\nc"},
		{"<head><title>a</head><body>b", "[hidden: a]\nb"},
		{"<title>a<p>b", "[hidden: a]\nb"},
		{"<div style='display:none'>a<div>b</div>c</div>d", "[hidden: a\nb\nc]\nd"},
		{"<div style='display:none'>a<b style='display:block'>b</b></div>", "[hidden: ab]"},
		{"<div style='visibility:hidden'>a<b style='visibility:visible'>b</b>c</div>",
		 "[hidden: a]b[hidden: c]"},
		{"<div style='font-size:0'>a<b style='font-size:9px'>b</b>c</div>",
		 "[hidden: a]b[hidden: c]"},
		{"<div style='font-size:0'>a<b style='font-size:2em'>b</b></div>", "[hidden: ab]"},
		{"<div style='max-height:0;overflow:hidden'>a<p>b</div>c", "[hidden: a\nb]\nc"},
		{"<td style='height:0;overflow:hidden'>a</td>", "a"},
		{"<div style='line-height:0;overflow:hidden'>a<p style='line-height:1'>b</div>",
		 "[hidden: a]\nb"},
		{"<font color=white>a</font>b", "[hidden: a]b"},
		{"<b style='color:red' style='display:none'>a</b>", "a"},
		{"<font color=ffffff>a</font>b", "[hidden: a]b"},
		{"<font color='#00000000'>a</font><font color=transparent>b</font>", "ab"},
		{"<body bgcolor=zf0f0f><font color='#00f00f00f'>a</font>", "[hidden: a]"},
		{"<body bgcolor=black text=white>a<font color=black>b</font>", "a[hidden: b]"},
		{"<table bgcolor='#000'><tr><td>a<td><font color=white>b</table>c",
		 "[hidden: a] b\nc"},
		{"<table background=x.png><td><font color=white>b", "b"},
		{"<body link=white><a href=x>a</a><a>b</a>", "[hidden: a]b"},
		{"<p style='color:white'>a<a href=x>b</a><a>c</a>", "[hidden: a]b[hidden: c]"},
		{"<a href=x style='color:white'>a<a href=y>b", "[hidden: a]b"},
		{"<font color=white>a<select><option>b</select>c<b hidden><select>d</select>",
		 "[hidden: a]\nb\n[hidden: c\nd]"},
		/* what ends without being ended */
		{"<p hidden>a<p>b", "[hidden: a]\nb"},
		{"<p hidden>a<div>b</div>c", "[hidden: a]\nb\nc"},
		{"<p hidden>a<b>b</p>c", "[hidden: ab]\nc"},
		{"<p><font color=white>a</p>b</font>c", "[hidden: a\nb]c"},
		{"<font color=white>a<div>b</font>c</div>", "[hidden: a\nb]c"},
		{"<p><span hidden>a</p>b", "[hidden: a]\nb"},
		{"<span hidden>a<div>b</span>c</div>d</span>e", "[hidden: a\nbc\nd]e"},
		{"<ul><li hidden>a<li>b<ul><li hidden>c</ul><li>d</ul>",
		 "[hidden: a]\nb\n[hidden: c]\nd"},
		{"<dl><dt hidden>a<dd>b<dt hidden>c</dl>d", "[hidden: a]\nb\n[hidden: c]\nd"},
		{"<table><tr><td hidden>a<td>b<tr hidden><td>c<td>d<tr><td>e</table>f",
		 "[hidden: a] b\n[hidden: c d]\ne\nf"},
		{"<table hidden><tr><td>a</div></td></table>b", "[hidden: a]\nb"},
		{"<div hidden><table><tr><td>a</div>b</table>c</div>d", "[hidden: a\nb\nc]\nd"},
		{"<td hidden>a<table><tr><td>b</table>c</td>d", "[hidden: a\nb\nc] d"},
		{"<div hidden>a</body></html>b", "[hidden: a\nb]"},
		{"<body hidden>a<body bgcolor=black>b", "[hidden: a\nb]"},
		{"<img hidden><br hidden>a<hr style='display:none'>b", "a\nb"},
		{"a<b hidden>&nbsp;&zwnj;&#847;</b>b", "a\xC2\xA0\xE2\x80\x8C\xCD\x8F" "b"},
		{"a<b hidden> &nbsp;x&nbsp; </b>b", "a \xC2\xA0[hidden: x]\xC2\xA0 b"},
		{"<o:p hidden>x</o:p>b", "[hidden: x]b"},
		{"</p></font></table>a", "a"},
	};
	CHECK(row);
}

static void sheets(void)
{
	static const struct row row[] = {
		{"<style>.x{display:none}</style><b class=x>a</b>b", "[hidden: a]b"},
		{"<b class=x>a</b>b<style>.x{display:none}</style>", "[hidden: a]b"},
		{"<style><!-- .x , #y{ display : none } --></style><b id=y>a</b>b", "[hidden: a]b"},
		{"<style>/* } */ b{font-size:0}</style><b>a</b>b", "[hidden: a]b"},
		{"<style>b.x{color:#fff}</style>"
		 "<b class='y x'>a</b><i class=x>b</i>", "[hidden: a]b"},
		{"<style>.X{display:none}</style><b class=x>a</b>", "[hidden: a]"},
		{"<style>.x{display:none}.x{display:block}</style><b class=x>a</b>", "a"},
		{"<style>.y{display:none}.x{display:block}</style><b class='x y'>a</b>", "a"},
		{"<style>#x{display:none}.x{display:block}</style>"
		 "<b class=x id=x>a</b>", "[hidden: a]"},
		{"<style>.x{display:none}</style><b class=x style='display:block'>a</b>", "a"},
		{"<style>.x{display:none!important}</style><b class=x style='display:block'>a</b>",
		 "[hidden: a]"},
		{"<style>.x{display:block!important}</style>"
		 "<b class=x style='display:none'>a</b>", "a"},
		{"<style>b{display:block}</style><b hidden>a</b>", "a"},
		{"<style>@media print{.x{display:none}}.y{display:none}</style><b class=x>a</b>"
		 "<b class=y>b</b>", "a[hidden: b]"},
		{"<style>@import url(x);.y{display:none}</style><b class=y>b</b>", "[hidden: b]"},
		{"<style>@media{.x{color:red}</style><b class=y>b</b>", "b"},
		{"<style>div .x{display:none}</style><b class=x>a</b>", "a"},
		/* a ground that may be any */
		{"<style>.d td{background:#000}</style><td><font color=white>a", "a"},
		{"<style>a:hover{color:#fff}</style><a href=x>a</a>", "a"},
		{"<style>.d p{color:#fff}</style><body bgcolor=black><p>a", "a"},
		{"<style>.d p{background:none}</style><p style='color:#fff'>a", "[hidden: a]"},
		{"<style>body{background:#000;color:#fff}</style><body>a<b style='color:#000'>b",
		 "a[hidden: b]"},
		{"<style>{display:none}*{display:none} .{display:none}</style>"
		 "a<b class=''>b", "ab"},
		{"<style>.x{display:none</style><b class=x>a</b>", "a"},
		{"<style>.x{", ""},
	};
	CHECK(row);
}

/* More open elements than are followed, rules than are kept, pieces than are told. */
static void limits(void)
{
	struct buf b;
	buf_init(&b, 1 << 22);
	for (int i = 0; i < 300; i++)
		buf_str(&b, i == 250 ? STR("<i hidden>") : STR("<i>"));
	buf_str(&b, STR("a"));
	for (int i = 0; i < 300; i++)
		buf_str(&b, STR("</i>"));
	buf_str(&b, STR("<i hidden>b</i>c"));
	struct html_seen s = html_read(&a, buf_all(&b));
	T_STR(html_marked(&a, &s), STR("a[hidden: b]c"));
	buf_clear(&b);
	for (int i = 0; i < HTML_MAX_HIDDEN + 1; i++)
		buf_str(&b, STR("<i hidden>b</i>c"));
	s = html_read(&a, buf_all(&b));
	T(s.n_hidden == HTML_MAX_HIDDEN && s.more);
	buf_clear(&b);
	buf_str(&b, STR("<style>"));
	for (int i = 0; i < 5000; i++)
		buf_fmt(&b, ".x%d{display:none}", i);
	buf_str(&b, STR("</style><i class=x1>a</i><i class=x4000>b</i>"));
	s = html_read(&a, buf_all(&b));
	T_STR(html_marked(&a, &s), STR("[hidden: a]b"));
	buf_free(&b);
}

/* Each unit a million bytes long: time in proportion, and the same text as without a question. */
static void hostile(void)
{
	static const char *const units[] = {
		"<p>", "</p>", "<b>", "</b>", "<p><b>", "<td>", "<table>", "</table>", "<li>",
		"<a>",
		"<b hidden>x</b>y", "<p style='", "<p style='display:none;'>",
		"<style>.a{}</style>",
		"<style>a,", "<b class='a b c d e f g h i j k'>", "<x><y></x>", "<style>@a{{",
		"<style>a{color:red}</style><a>"};
	size_t n = 200000;
	char *p = malloc(n);
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		size_t len = strlen(units[u]);
		for (size_t i = 0; i < n; i++)
			p[i] = units[u][i % len];
		arena_reset(&a);
		struct html_seen s = html_read(&a, (struct str){p, n});
		T(str_eq(s.text, html_text(&a, (struct str){p, n})));
		T(a.used < 200 * n);
	}
	free(p);
}

int main(void)
{
	styles();
	trees();
	sheets();
	limits();
	hostile();
	arena_free(&a);
	return t_done();
}
