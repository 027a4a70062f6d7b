#include "html.h"

#include "entity.h"
#include "utf8.h"

struct reader {
	struct str s;
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

/* Where a tag, declaration or processing instruction that begins at `at` ends: behind its '>',
 * which does not count in quotes of an attribute value. */
static size_t tag_end(struct str s, size_t at)
{
	char quote = 0;
	bool value = false; /* behind '=' */
	for (; at < s.n; at++) {
		char c = s.p[at];
		if (quote) {
			if (c == quote)
				quote = 0;
		} else if (c == '>') {
			return at + 1;
		} else if (value && (c == '"' || c == '\'')) {
			quote = c;
			value = false;
		} else if (c == '=') {
			value = true;
		} else if (!is_space(c)) {
			value = false;
		}
	}
	return s.n;
}

/* Elements whose content is not text a reader sees. */
static bool is_hidden(struct str name)
{
	return str_ieq(name, STR("script")) || str_ieq(name, STR("style")) ||
	       str_ieq(name, STR("noembed")) || str_ieq(name, STR("noframes")) ||
	       str_ieq(name, STR("iframe"));
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

static struct str name_at(struct str s, size_t at)
{
	size_t end = at;
	while (end < s.n && !is_space(s.p[end]) && s.p[end] != '/' && s.p[end] != '>')
		end++;
	return str_cut(s, at, end);
}

/* Behind "</name" of a hidden element: returns where that stands, or the end of the text. */
static size_t hidden_end(struct str s, size_t at, struct str name)
{
	while (at < s.n) {
		const char *lt = memchr(s.p + at, '<', s.n - at);
		if (lt == NULL)
			return s.n;
		at = (size_t)(lt - s.p);
		if (at + 1 < s.n && s.p[at + 1] == '/' &&
		    str_ieq(name_at(str_cut(s, 0, at + 2 + name.n + 1), at + 2), name))
			return at;
		at++;
	}
	return s.n;
}

static bool is_letter(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

static size_t behind(struct str s, size_t at, struct str mark)
{
	ptrdiff_t i = str_find(str_cut(s, at, s.n), mark);
	return i < 0 ? s.n : at + (size_t)i + mark.n;
}

/* Markup at '<'. false: the '<' is text. */
static bool read_markup(struct reader *r)
{
	struct str rest = str_cut(r->s, r->at, r->s.n);
	char c = rest.n > 1 ? rest.p[1] : 0;
	if (str_starts(rest, STR("<!--"))) {
		bool empty = str_starts(rest, STR("<!-->")) || str_starts(rest, STR("<!--->"));
		r->at = behind(r->s, r->at + (empty ? 2 : 4), empty ? STR(">") : STR("-->"));
		return true;
	}
	if (c == '!' || c == '?') {
		r->at = behind(r->s, r->at, STR(">"));
		return true;
	}
	bool closes = c == '/';
	if (!is_letter(closes && rest.n > 2 ? rest.p[2] : c))
		return false;
	struct str name = name_at(r->s, r->at + 1 + closes);
	r->at = tag_end(r->s, r->at + 1 + closes + name.n);
	if (!closes && is_hidden(name))
		r->at = hidden_end(r->s, r->at, name);
	if (str_ieq(name, STR("pre")))
		r->pre += closes ? -(r->pre > 0) : 1;
	char gap = gap_of(name);
	if (gap)
		want_gap(r, gap);
	return true;
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

struct str html_text(struct arena *a, struct str html)
{
	/* a reference is at least as long as its character: "&#9;" and U+FFFD for "&#0" */
	struct reader r = {.s = html, .out = arena_alloc(a, html.n + 1)};
	while (r.at < html.n) {
		char c = html.p[r.at];
		if (c == '<' && read_markup(&r))
			continue;
		if (c == '&') {
			read_reference(&r);
		} else if (is_space(c)) {
			read_space(&r);
		} else {
			size_t start = r.at++;
			while (r.at < html.n && !is_space(html.p[r.at]) && html.p[r.at] != '<' &&
			       html.p[r.at] != '&')
				r.at++;
			put(&r, html.p + start, r.at - start);
		}
	}
	return (struct str){r.out, r.n};
}
