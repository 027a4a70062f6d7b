#include "t.h"

#include "html.h"

static void texts(void)
{
	static const struct {
		const char *in, *want;
	} row[] = {
		{"", ""},
		{"plain", "plain"},
		{"  a \r\n b  ", "a b"},
		{"a<b>bold</b>c", "aboldc"},
		{"<p>one</p><p>two</p>", "one\ntwo"},
		{"one<br>two<BR/>three", "one\ntwo\nthree"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>d", "a b\nc\nd"},
		{"<html><head><title>t</title></head><body>b", "t\nb"},
		{"a<script>if (x < y) '</p>';</script>b", "ab"},
		{"a<SCRIPT src=x>z</ScRiPt >b", "ab"},
		{"a<style>p { }</style>b<style>open", "ab"},
		{"a<scripty>b", "ab"},
		{"a<!-- c > d -->b", "ab"},
		{"a<!--> b", "a b"},
		{"a<!---> b", "a b"},
		{"a<!-- open", "a"},
		{"<!DOCTYPE html>a<?xml x?>b", "ab"},
		{"a < b, c <3", "a < b, c <3"},
		{"<a href=\"x>y\">z</a>", "z"},
		{"<a href='x>y' title=\"'\">z</a>", "z"},
		{"<a title=it's>z</a>", "z"},
		{"a<open", "a"},
		{"&lt;b&gt;&amp;&quot;&#39;", "<b>&\"'"},
		{"caf&eacute; &#233; &#xE9; &#xe9", "caf\xC3\xA9 \xC3\xA9 \xC3\xA9 \xC3\xA9"},
		{"&Eacute;&Omega;&hearts;&nbsp;x", "\xC3\x89\xCE\xA9\xE2\x99\xA5\xC2\xA0x"},
		{"&ampx &nosuch; & &; &# &#x; &#q;", "&ampx &nosuch; & &; &# &#x; &#q;"},
		{"&#0;&#xD800;&#x110000;&#99999999999;",
		 "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
		{"&#128;&#x99;", "\xE2\x82\xAC\xE2\x84\xA2"},
		{"a&#32;&#10;b", "a b"},
		{"<pre>a  b\r\n c</pre>d  e", "a  b\n c\nd e"},
		{"\xC3\xA9\xE2\x82\xAC", "\xC3\xA9\xE2\x82\xAC"},
		{"</b></p>x</", "x</"},
	};
	struct arena a = {0};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		T_STR(html_text(&a, str_of(row[i].in)), str_of(row[i].want));
	arena_free(&a);
}

/* Unclosed constructs, many times: linear time, and never more out than in. */
static void hostile(void)
{
	static const char *const units[] = {"<",       "<a", "<!--",	"<script>",
					    "</",      "&",  "<a b=\"", "&#",
					    "<pre>",   "<style></",	"&eacute",
					    "<script></scrip"};
	size_t n = 1000000;
	char *p = malloc(n);
	struct arena a = {0};
	for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
		size_t len = strlen(units[u]);
		for (size_t i = 0; i < n; i++)
			p[i] = units[u][i % len];
		T(html_text(&a, (struct str){p, n}).n <= n);
		arena_reset(&a);
	}
	arena_free(&a);
	free(p);
}

int main(void)
{
	texts();
	hostile();
	return t_done();
}
