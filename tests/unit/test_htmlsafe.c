#include "t.h"

#include "htmlsafe.h"

static struct str inline_image(void *arg, struct arena *a, struct str cid)
{
	(void)arg;
	(void)a;
	return str_eq(cid, STR("logo@x")) ? STR("data:image/png;base64,AAAA") : STR("");
}

#define LINK "\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">"

static const struct {
	const char *in, *want;
	size_t remote, active;
} rows[] = {
	/* what mail is made of */
	{"", "", 0, 0},
	{"a &lt; b & c > d \"e\"", "a &lt; b &amp; c &gt; d &quot;e&quot;", 0, 0},
	{"caf&eacute;", "caf\xC3\xA9", 0, 0},
	{"<P ALIGN=center>x</P>", "<p align=\"center\">x</p>", 0, 0},
	{"<html><head><title>t</title></head><body bgcolor=#fff>x</body></html>",
	 "<div bgcolor=\"#fff\">x</div>", 0, 0},
	{"<table border=1 width='100%'><tr><td colspan=2>x</td></tr></table>",
	 "<table border=\"1\" width=\"100%\"><tr><td colspan=\"2\">x</td></tr></table>", 0, 0},
	{"a<br>b<hr/>c", "a<br>b<hr>c", 0, 0},
	{"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", 0, 0},
	{"<font face=\"A B\" color=red size=+1>x</font>",
	 "<font face=\"A B\" color=\"red\" size=\"+1\">x</font>", 0, 0},
	{"<span style=\"color:red\">x</span>", "<span style=\"color:red;\">x</span>", 0, 0},
	{"<a href=http://x/?a=1&amp;b>y</a>",
	 "<a href=\"http://x/?a=1&amp;b\" title=\"http://x/?a=1&amp;b" LINK "y</a>", 0, 0},
	{"<a href='mailto:a@b' title='lie'>y</a>",
	 "<a href=\"mailto:a@b\" title=\"mailto:a@b" LINK "y</a>", 0, 0},
	{"<o:p>x</o:p>", "x", 0, 0},
	/* nesting that does not add up */
	{"<b><i>x</b></i>", "<b><i>x</i></b>", 0, 0},
	{"</div></table>x", "x", 0, 0},
	{"<table><tr><td></div></table>x", "<table><tr><td></td></tr></table>x", 0, 0},
	{"<b>x", "<b>x</b>", 0, 0},
	{"<title>x", "x", 0, 0},
	/* images */
	{"<img src=cid:logo@x alt=L width=1>",
	 "<img src=\"data:image/png;base64,AAAA\" alt=\"L\" width=\"1\">", 0, 0},
	{"<img src=cid:other alt=L>", "<span>[L]</span>", 0, 0},
	{"<img src=http://x/y.png alt=\"a<b\">", "<span>[a&lt;b]</span>", 1, 0},
	{"<img src=//x>", "", 1, 0},
	{"<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
	 "<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">", 0, 0},
	{"<img src='data:image/svg+xml;base64,AAAA'>", "", 1, 0},
	{"<img src='data:text/html,x'>", "", 1, 0},
	{"<img src='data:image/png;base64,AA\" onload=x'>", "", 1, 0},
	{"<img alt=nothing>", "<span>[nothing]</span>", 0, 0},
	{"<td background=http://x>y", "<td>y</td>", 1, 0},
	{"<p style='background:url(http://x)'>y", "<p>y</p>", 1, 0},
	/* scripts and what is like them */
	{"<script>alert(1)</script>x", "x", 0, 1},
	{"<SCRIPT/SRC=//x></SCRIPT>x", "x", 0, 1},
	{"<script>x", "", 0, 1},
	{"<<script>alert(1)//<</script>y", "&lt;y", 0, 1},
	{"<img src=x onerror=alert(1)>", "", 1, 0},
	{"<b onclick=alert(1) ONMOUSEOVER='x'>y</b>", "<b>y</b>", 0, 0},
	{"<a href=javascript:alert(1)>y</a>", "<a>y</a>", 0, 0},
	{"<a href=' &#1; jav&#x09;ascript:alert(1)'>y</a>", "<a>y</a>", 0, 0},
	{"<a href=data:text/html,x>y</a>", "<a>y</a>", 0, 0},
	{"<a href=vbscript:x>y</a>", "<a>y</a>", 0, 0},
	{"<a href=#top name=x id=y class=z>y</a>", "<a>y</a>", 0, 0},
	{"<a href='http://x\" onclick=\"y'>z</a>",
	 "<a href=\"http://x&quot;onclick=&quot;y\" title=\"http://x&quot;onclick=&quot;y" LINK
	 "z</a>", 0, 0},
	{"<svg onload=alert(1)><g/onload=x></svg>y", "y", 0, 1},
	{"<svg><style><img src=x onerror=alert(1)></style>y", "y", 0, 1},
	{"<math><mi xlink:href=\"data:x\">y", "y", 0, 1},
	{"<math><mtext></table><mglyph><style><!--</style><img title=\"--&gt;&lt;img "
	 "src=1 onerror=alert(1)&gt;\">", "", 0, 1},
	{"<form action=http://x><input name=a><button>y</button></form>", "y", 0, 3},
	{"<iframe src=http://x></iframe>y", "y", 0, 1},
	{"<iframe srcdoc='<script>x</script>'>z</iframe>y", "y", 0, 1},
	{"<object data=x><embed src=y>z</object>", "z", 0, 2},
	{"<base href=http://x><link rel=stylesheet href=y>z", "z", 0, 2},
	{"<meta http-equiv=refresh content='0;url=http://x'>y", "y", 0, 1},
	{"<meta charset=utf-8>y", "y", 0, 0},
	{"<style>@import 'http://x'; body{background:url(y)}</style>z", "z", 0, 0},
	{"<video src=x><source src=y></video><audio src=z>w", "w", 0, 2},
	{"<!--[if mso]><script>x</script><![endif]-->y", "y", 0, 0},
	{"<!--><script>x</script>-->y", "--&gt;y", 0, 1},
	{"<![CDATA[<script>x]]>y", "x]]&gt;y", 0, 0},
	{"<noscript><p title=\"</noscript><img src=x onerror=y>\">z",
	 "<p title=\"&lt;/noscript&gt;&lt;img src=x onerror=y&gt;\">z</p>", 0, 0},
	{"<p title='\"><script>x</script>'>y",
	 "<p title=\"&quot;&gt;&lt;script&gt;x&lt;/script&gt;\">y</p>", 0, 0},
	{"<p title=`><script>x</script>`>y", "<p title=\"`\">`&gt;y</p>", 0, 1},
	{"<p style=\"x:expression(alert(1))\">y", "<p>y</p>", 0, 0},
	{"<textarea><img src=x onerror=y></textarea>z", "z", 1, 1},
	{"<p dir='x\" y'>z", "<p>z</p>", 0, 0},
};

static void allowed(void)
{
	struct arena a = {0};
	struct buf b;
	buf_init(&b, HTMLSAFE_MAX_OUT);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct htmlsafe_report r;
		buf_clear(&b);
		htmlsafe_write(&a, str_of(rows[i].in), inline_image, NULL, &b, &r);
		T_STR(buf_all(&b), str_of(rows[i].want));
		T(r.remote == rows[i].remote && r.active == rows[i].active && !r.cut);
		if (r.remote != rows[i].remote || r.active != rows[i].active)
			fprintf(stderr, "%s: %zu, %zu\n", rows[i].in, r.remote, r.active);
	}
	buf_free(&b);
	arena_free(&a);
}

/* Much of the same: linear time, bounded depth, all closed. */
static void hostile(void)
{
	static const char *const units[] = {"<", "<b>", "<title>", "</b>", "<table><td>", "&lt;",
					    "<p style=\"", "<img src=cid:x ", "<script>", "&#0;"};
	size_t n = 2000000;
	char *p = malloc(n);
	struct arena a = {0};
	struct buf b;
	buf_init(&b, 2 * HTMLSAFE_MAX_OUT);
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		struct htmlsafe_report r;
		size_t len = strlen(units[u]);
		for (size_t i = 0; i < n; i++)
			p[i] = units[u][i % len];
		buf_clear(&b);
		htmlsafe_write(&a, (struct str){p, n}, inline_image, NULL, &b, &r);
		T(!b.full && str_find(buf_all(&b), STR("<script")) < 0);
		arena_reset(&a);
	}
	buf_free(&b);
	arena_free(&a);
	free(p);
}

static void rasters(void)
{
	T_STR(htmlsafe_raster(STR("\x89PNG\r\n\x1A\nrest")), STR("image/png"));
	T_STR(htmlsafe_raster(STR("\xFF\xD8\xFF\xE0")), STR("image/jpeg"));
	T_STR(htmlsafe_raster(STR("GIF89a")), STR("image/gif"));
	T_STR(htmlsafe_raster(STR("RIFF1234WEBPVP8 ")), STR("image/webp"));
	T_STR(htmlsafe_raster(STR("RIFF1234WAVE")), STR(""));
	T_STR(htmlsafe_raster(STR("<svg xmlns=")), STR(""));
	T_STR(htmlsafe_raster(STR("")), STR(""));
}

int main(void)
{
	allowed();
	hostile();
	rasters();
	return t_done();
}
