#include "html.h"

#include "buf.h"
#include "entity.h"
#include "htmlhide.h"
#include "htmltok.h"
#include "utf8.h"

struct reader {
	struct str s; /* of one run of text */
	size_t at;
	char *out;
	size_t n;
	char gap; /* white space that stands before the next visible character, or 0 */
	int pre;  /* depth of <pre>: white space is kept */
	struct htmlhide *hide; /* NULL: nobody asks what is hidden */
	struct arena *a;
	struct html_piece *hidden;
	size_t n_hidden;
	bool goes_on; /* the last of these, with the next character */
};

/* A line end is more than a space. */
static void want_gap(struct reader *r, char gap)
{
	if (r->gap != '\n')
		r->gap = gap;
}

/* Notes whether the n bytes that come next are hidden. */
static void note(struct reader *r, size_t n)
{
	bool hidden = htmlhide_here(r->hide);
	if (hidden && !r->goes_on) {
		r->hidden = arena_grow(r->a, r->hidden, r->n_hidden, sizeof *r->hidden);
		r->hidden[r->n_hidden++].at = r->n;
	}
	if (hidden)
		r->hidden[r->n_hidden - 1].n = r->n + n - r->hidden[r->n_hidden - 1].at;
	r->goes_on = hidden;
}

/* Never more bytes than were read: a gap takes the place of what made it. */
static void put(struct reader *r, const char *p, size_t n)
{
	if (r->gap && r->n)
		r->out[r->n++] = r->gap;
	r->gap = 0;
	if (r->hide)
		note(r, n);
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
		} else if (htmltok_space(c)) {
			read_space(r);
		} else {
			size_t start = r->at++;
			while (r->at < text.n && text.p[r->at] != '&' &&
			       !htmltok_space(text.p[r->at]))
				r->at++;
			put(r, text.p + start, r->at - start);
		}
	}
}

static void read_all(struct reader *r, struct str html)
{
	struct htmltok_reader tokens = {.s = html};
	struct htmltok t;
	/* a reference is at least as long as its character: "&#9;" and U+FFFD for "&#0" */
	r->out = arena_alloc(r->a, html.n + 1);
	while (htmltok_next(&tokens, &t)) {
		if (t.kind == HTMLTOK_TEXT) {
			read_text(r, t.text);
		} else if (t.kind == HTMLTOK_OPEN || t.kind == HTMLTOK_CLOSE) {
			read_tag(r, &t);
			if (r->hide)
				htmlhide_pass(r->hide, &t);
		}
	}
}

struct str html_text(struct arena *a, struct str html)
{
	struct reader r = {.a = a};
	read_all(&r, html);
	return (struct str){r.out, r.n};
}

/* ---- what is hidden ---- */

/* Characters that show nothing wherever they stand: blanks, joiners, and what fills previews. */
static bool shows_nothing(uint32_t c)
{
	return c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x34F || c == 0x61C ||
	       (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
	       (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF || c == 0x180E;
}

/* The piece without such characters at its ends. */
static struct html_piece trimmed(struct str text, struct html_piece p)
{
	size_t from = p.at + p.n, to = p.at;
	for (size_t at = p.at; at < p.at + p.n;) {
		uint32_t cp;
		size_t n = utf8_get(text.p + at, p.at + p.n - at, &cp);
		n = n ? n : 1;
		if (n == 1 ? (unsigned char)text.p[at] > ' ' : !shows_nothing(cp)) {
			from = at < from ? at : from;
			to = at + n;
		}
		at += n;
	}
	return (struct html_piece){from, to > from ? to - from : 0};
}

struct html_seen html_read(struct arena *a, struct str html)
{
	struct reader r = {.a = a, .hide = htmlhide_new(a, html)};
	size_t n = 0, i = 0;
	read_all(&r, html);
	struct str text = {r.out, r.n};
	for (; i < r.n_hidden && n < HTML_MAX_HIDDEN; i++) {
		struct html_piece p = trimmed(text, r.hidden[i]);
		if (p.n > 0)
			r.hidden[n++] = p;
	}
	return (struct html_seen){text, r.hidden, n, i < r.n_hidden};
}

struct str html_visible(struct arena *a, const struct html_seen *s)
{
	if (s->n_hidden == 0)
		return s->text;
	char *p = arena_alloc(a, s->text.n + 1);
	memcpy(p, s->text.p, s->text.n);
	for (size_t i = 0; i < s->n_hidden; i++)
		memset(p + s->hidden[i].at, ' ', s->hidden[i].n);
	return (struct str){p, s->text.n};
}

struct str html_marked(struct arena *a, const struct html_seen *s)
{
	struct buf b;
	size_t at = 0;
	if (s->n_hidden == 0)
		return s->text;
	buf_init(&b, s->text.n + 16 * s->n_hidden + 64);
	for (size_t i = 0; i < s->n_hidden; i++) {
		const struct html_piece *p = &s->hidden[i];
		buf_str(&b, str_cut(s->text, at, p->at));
		at = p->at + p->n;
		buf_str(&b, STR("[hidden: "));
		buf_str(&b, str_cut(s->text, p->at, at));
		buf_chr(&b, ']');
	}
	buf_str(&b, str_cut(s->text, at, s->text.n));
	if (s->more)
		buf_str(&b, STR("\n[more is hidden, without a mark]"));
	struct str out = arena_str(a, buf_all(&b));
	buf_free(&b);
	return out;
}
