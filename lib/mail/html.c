#include "html.h"

#include "entity.h"
#include "htmltok.h"
#include "utf8.h"

struct reader {
	struct str s; /* of one run of text */
	size_t at;
	char *out;
	size_t n;
	char gap; /* white space that stands before the next visible character, or 0 */
	int pre;  /* depth of <pre>: white space is kept */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* A line end is more than a space. */
static void want_gap(struct reader *r, char gap)
{
	if (r->gap != '\n')
		r->gap = gap;
}

/* Never more bytes than were read: a gap takes the place of what made it. */
static void put(struct reader *r, const char *p, size_t n)
{
	if (r->gap && r->n)
		r->out[r->n++] = r->gap;
	r->gap = 0;
	memcpy(r->out + r->n, p, n);
	r->n += n;
}

static bool is_one_of(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(name, str_of(list[i])))
			return true;
	return false;
}

/* What an element leaves between the texts on its two sides: LF, SP or nothing. */
static char gap_of(struct str name)
{
	static const char *const blocks[] = {
		"p", "br", "div", "tr", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4",
		"h5", "h6", "hr", "table", "tbody", "thead", "tfoot", "caption", "pre",
		"blockquote", "body", "html", "head", "title", "center", "form", "fieldset",
		"legend", "address", "article", "aside", "footer", "header", "main", "nav",
		"section", "figure", "figcaption", "option", "select", "textarea", "dir", "menu"};
	static const char *const cells[] = {"td", "th", "img", "input", "button"};
	if (is_one_of(name, blocks, sizeof blocks / sizeof *blocks))
		return '\n';
	return is_one_of(name, cells, sizeof cells / sizeof *cells) ? ' ' : 0;
}

static void read_tag(struct reader *r, const struct htmltok *t)
{
	if (str_ieq(t->name, STR("pre")))
		r->pre += t->kind == HTMLTOK_CLOSE ? -(r->pre > 0) : 1;
	char gap = gap_of(t->name);
	if (gap)
		want_gap(r, gap);
}

static void read_reference(struct reader *r)
{
	uint32_t cp;
	char utf8[4];
	size_t n = entity_read(str_cut(r->s, r->at, r->s.n), &cp);
	if (n == 0) {
		put(r, "&", 1);
		r->at++;
		return;
	}
	r->at += n;
	if (cp == ' ' || cp == '\n' || cp == '\t' || cp == '\r')
		want_gap(r, ' ');
	else
		put(r, utf8, utf8_put(utf8, cp));
}

static void read_space(struct reader *r)
{
	char c = r->s.p[r->at++];
	if (r->pre && c == '\r')
		return;
	if (!r->pre)
		want_gap(r, ' ');
	else if (r->n)
		put(r, &c, 1);
}

static void read_text(struct reader *r, struct str text)
{
	r->s = text;
	r->at = 0;
	while (r->at < text.n) {
		char c = text.p[r->at];
		if (c == '&') {
			read_reference(r);
		} else if (is_space(c)) {
			read_space(r);
		} else {
			size_t start = r->at++;
			while (r->at < text.n && !is_space(text.p[r->at]) && text.p[r->at] != '&')
				r->at++;
			put(r, text.p + start, r->at - start);
		}
	}
}

struct str html_text(struct arena *a, struct str html)
{
	/* a reference is at least as long as its character: "&#9;" and U+FFFD for "&#0" */
	struct reader r = {.out = arena_alloc(a, html.n + 1)};
	struct htmltok_reader tokens = {.s = html};
	struct htmltok t;
	while (htmltok_next(&tokens, &t)) {
		if (t.kind == HTMLTOK_TEXT)
			read_text(&r, t.text);
		else if (t.kind == HTMLTOK_OPEN || t.kind == HTMLTOK_CLOSE)
			read_tag(&r, &t);
	}
	return (struct str){r.out, r.n};
}
