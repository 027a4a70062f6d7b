#include "style.h"

/* One literal per group, so that none is longer than compilers must take. */
static const char *const css[] = {
	/* colours and type */
	":root{color-scheme:light dark;--paper:#fdfcf9;--card:#fff;--ink:#1f2328;--soft:#5f6670;"
	"--line:#e4e0d6;--accent:#8a5a00;--accent-ink:#fff;--link:#1b5fae;--seen:#6b4a9e;"
	"--note:#fff6dc;--note-line:#e8cf86;--quote:#56705a;"
	"--sans:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;"
	"--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}\n"
	"@media(prefers-color-scheme:dark){:root{--paper:#16181b;--card:#1e2125;--ink:#e6e4df;"
	"--soft:#a0a5ad;--line:#33373d;--accent:#e0b04c;--accent-ink:#1b1505;--link:#86b7f3;"
	"--seen:#bda2ea;--note:#2d2716;--note-line:#6a5722;--quote:#94b59a}}\n"
	"*{box-sizing:border-box}\n"
	"html{-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 var(--sans)}\n"
	"a{color:var(--link);text-underline-offset:.15em}\n"
	"h1{font-size:1.5rem;line-height:1.25;margin:.2em 0 .6em;overflow-wrap:anywhere}\n"
	"h2{font-size:1rem;margin:1.8em 0 .5em}\n"
	"code,pre{font-family:var(--mono);font-size:.9em}\n"
	":focus-visible{outline:2px solid var(--accent);outline-offset:2px}\n",

	/* the top */
	".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;z-index:1;"
	"background:var(--card);padding:.3rem .6rem}\n"
	"header{display:flex;gap:.6rem 1.5rem;align-items:flex-start;"
	"padding:.9rem max(1.25rem,calc((100% - 60rem)/2 + 1.25rem));"
	"border-bottom:1px solid var(--line);background:var(--card)}\n"
	".brand{font-weight:700;font-size:1.3rem;letter-spacing:-.02em;color:var(--accent);"
	"text-decoration:none;line-height:2.6rem}\n"
	"header form{flex:1;min-width:0;max-width:52rem}\n"
	".box{display:flex;gap:.5rem}\n"
	"input,select,button{font:inherit;color:inherit;min-height:2.6rem;border-radius:.45rem;"
	"border:1px solid var(--line);background:var(--paper);padding:0 .7rem}\n"
	".box input{flex:1;min-width:0}\n"
	"button{background:var(--accent);border-color:var(--accent);color:var(--accent-ink);"
	"font-weight:600;padding:0 1.1rem;cursor:pointer}\n"
	".choices{font-size:.875rem;color:var(--soft);margin-top:.35rem}\n"
	".choices summary{cursor:pointer;width:max-content}\n"
	".choices div{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));"
	"gap:.6rem;margin-top:.5rem}\n"
	".choices label{display:grid;gap:.2rem}.choices input,.choices select{min-width:0;"
	"min-height:2.2rem;color:var(--ink)}\n",

	/* results */
	"main{max-width:60rem;margin:0 auto;padding:1.1rem 1.25rem 4rem}\n"
	"main.narrow>*{max-width:44rem}\n"
	".count{color:var(--soft);margin:0 0 .8rem}.count strong{color:var(--ink)}\n"
	".note{background:var(--note);border:1px solid var(--note-line);border-radius:.5rem;"
	"padding:.55rem .8rem;margin:0 0 .8rem;font-size:.925rem}\n"
	"mark{background:var(--accent);color:var(--accent-ink);border-radius:.2rem}\n"
	".query{margin:.4rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	".note ul{margin:0;padding-left:1.1rem}.note p{margin:0}\n"
	".hits{list-style:none;margin:0;padding:0}\n"
	".hits li{padding:.8rem 0;border-top:1px solid var(--line);content-visibility:auto;"
	"contain-intrinsic-size:auto 6rem}\n"
	".hits li:last-child{border-bottom:1px solid var(--line)}\n"
	".line{display:flex;gap:.2rem 1rem;justify-content:space-between;align-items:baseline}\n"
	".who{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;"
	"min-width:0}\n"
	".who span{font-weight:400;color:var(--soft)}\n"
	"time,.when{color:var(--soft);font-size:.875rem;white-space:nowrap;"
	"font-variant-numeric:tabular-nums}\n"
	".hits h2{font-size:1.02rem;font-weight:500;margin:.1rem 0;overflow-wrap:anywhere}\n"
	".hits h2 a{text-decoration:none}.hits h2 a:hover{text-decoration:underline}\n"
	".hits a:visited{color:var(--seen)}\n"
	".snippet{margin:.1rem 0;color:var(--soft);font-size:.925rem;overflow-wrap:anywhere;"
	"display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden}\n"
	".tags{display:flex;flex-wrap:wrap;gap:.35rem;margin:.3rem 0 0;padding:0;list-style:none;"
	"font-size:.8rem}\n"
	".hits .tags li,.tags li{border:1px solid var(--line);border-radius:1rem;padding:0 .6rem;"
	"color:var(--soft);overflow-wrap:anywhere}\n"
	".pager{display:flex;gap:1.5rem;margin:1.4rem 0}\n"
	".empty{padding:2rem 0;color:var(--soft)}\n",

	/* one message */
	".facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:0}\n"
	".facts dt{color:var(--soft)}.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}\n"
	".facts time{font-size:1em;color:inherit}\n"
	".actions{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.9rem 0;font-size:.925rem}\n"
	".text{background:var(--card);border:1px solid var(--line);border-radius:.6rem;"
	"padding:1.1rem 1.3rem;margin:1rem 0;white-space:pre-wrap;overflow-wrap:anywhere;"
	"font:15px/1.6 var(--mono);tab-size:8}\n"
	".tabs{display:flex;gap:1.2rem;border-bottom:1px solid var(--line)}\n"
	".tabs a{padding:.3rem 0;text-decoration:none}"
	".tabs a[aria-current]{color:var(--ink);font-weight:600;"
	"border-bottom:2px solid var(--accent)}\n"
	"iframe.html{display:block;width:100%;height:70vh;min-height:12rem;resize:vertical;"
	"overflow:auto;border:1px solid var(--line);border-radius:.6rem;background:#fff;"
	"margin:1rem 0}\n"
	".text q{quotes:none;color:var(--quote)}\n"
	".files{padding:0;list-style:none;margin:0}\n"
	".files li{padding:.35rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}\n"
	".files small{color:var(--soft)}\n"
	"details.more{border-top:1px solid var(--line);padding:.6rem 0}\n"
	"details.more summary{cursor:pointer;font-weight:600}\n"
	".scroll{overflow-x:auto}\n"
	"table{border-collapse:collapse;font-size:.875rem;margin:.6rem 0;width:100%}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;"
	"border-bottom:1px solid var(--line);overflow-wrap:anywhere}\n"
	"th{color:var(--soft);font-weight:600;white-space:nowrap}\n"
	"td.mono{font-family:var(--mono);font-size:.85em}\n",

	/* the first page, and small screens */
	".welcome h1{margin-top:1.5rem}\n"
	".help{display:grid;grid-template-columns:max-content 1fr;"
	"gap:.45rem 1.2rem;margin:1rem 0}\n"
	".help dt{margin:0}.help dd{margin:0;color:var(--soft)}\n"
	".help code{background:var(--card);border:1px solid var(--line);border-radius:.35rem;"
	"padding:.1rem .4rem}\n"
	"@media(max-width:40rem){header{flex-direction:column;padding:.6rem .9rem .8rem;"
	"align-items:stretch}.brand{line-height:1.4}main{padding:.9rem .9rem 3rem}"
	".help{grid-template-columns:1fr;gap:.2rem}.help dd{margin-bottom:.6rem}"
	".line{flex-direction:column;align-items:stretch}.who{white-space:normal}"
	".facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.4rem}"
	".text{padding:.8rem .9rem;font-size:14px}}\n"
	"@media print{header,.actions,.pager{display:none}.text{border:0;padding:0}}\n",
};

static const char icon[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\" fill=\"none\""
	" stroke=\"#b8860b\" stroke-width=\"2.6\" stroke-linecap=\"round\">"
	"<path d=\"M16 4v24M9 6c0 8 4 8 4 13s-3 5-4 9M23"
	" 6c0 8-4 8-4 13s3 5 4 9M9 19h14\"/></svg>\n";

int style_css(struct call *c, struct http_response *resp, struct err *err)
{
	(void)c;
	(void)err;
	resp->type = "text/css; charset=utf-8";
	resp->cache = "private, max-age=300";
	for (size_t i = 0; i < sizeof css / sizeof *css; i++)
		buf_str(&resp->body, str_of(css[i]));
	return 1;
}

int style_icon(struct call *c, struct http_response *resp, struct err *err)
{
	(void)c;
	(void)err;
	resp->type = "image/svg+xml";
	resp->cache = "private, max-age=300";
	buf_str(&resp->body, str_of(icon));
	return 1;
}
