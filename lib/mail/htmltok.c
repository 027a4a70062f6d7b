#include "htmltok.h"

static bool is_letter(char c)
{
	c |= 0x20;
	return c >= 'a' && c <= 'z';
}

/* Where a tag whose attributes begin at `at` ends: at its '>', which does not count in quotes of
 * an attribute value. */
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
			return at;
		} else if (value && (c == '"' || c == '\'')) {
			quote = c;
			value = false;
		} else if (c == '=') {
			value = true;
		} else if (!htmltok_space(c)) {
			value = false;
		}
	}
	return s.n;
}

static struct str name_at(struct str s, size_t at)
{
	size_t end = at;
	while (end < s.n && !htmltok_space(s.p[end]) && s.p[end] != '/' && s.p[end] != '>')
		end++;
	return str_cut(s, at, end);
}

/* Elements whose content is raw. */
static bool is_raw(struct str name)
{
	return str_ieq(name, STR("script")) || str_ieq(name, STR("style")) ||
	       str_ieq(name, STR("noembed")) || str_ieq(name, STR("noframes")) ||
	       str_ieq(name, STR("iframe"));
}

/* Where "</name" stands, or the end of the text. */
static size_t close_of(struct str s, size_t at, struct str name)
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

static size_t behind(struct str s, size_t at, struct str mark)
{
	ptrdiff_t i = str_find(str_cut(s, at, s.n), mark);
	return i < 0 ? s.n : at + (size_t)i + mark.n;
}

/* Markup at '<'. false: the '<' is text. */
static bool markup(struct htmltok_reader *r, struct htmltok *t)
{
	struct str rest = str_cut(r->s, r->at, r->s.n);
	char c = rest.n > 1 ? rest.p[1] : 0;
	*t = (struct htmltok){.kind = HTMLTOK_OTHER};
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
	size_t at = r->at + 1 + closes;
	t->kind = closes ? HTMLTOK_CLOSE : HTMLTOK_OPEN;
	t->name = name_at(r->s, at);
	size_t end = tag_end(r->s, at + t->name.n);
	t->attrs = str_cut(r->s, at + t->name.n, end);
	r->at = end < r->s.n ? end + 1 : end;
	if (!closes && is_raw(t->name))
		r->raw = t->name;
	return true;
}

int htmltok_next(struct htmltok_reader *r, struct htmltok *t)
{
	if (r->raw.n) {
		size_t end = close_of(r->s, r->at, r->raw);
		*t = (struct htmltok){.kind = HTMLTOK_RAW, .text = str_cut(r->s, r->at, end)};
		r->at = end;
		r->raw.n = 0;
		return 1;
	}
	if (r->at >= r->s.n)
		return 0;
	if (r->s.p[r->at] == '<' && markup(r, t))
		return 1;
	size_t start = r->at++; /* a '<' that is text is in it */
	const char *lt = memchr(r->s.p + r->at, '<', r->s.n - r->at);
	r->at = lt ? (size_t)(lt - r->s.p) : r->s.n;
	*t = (struct htmltok){.kind = HTMLTOK_TEXT, .text = str_cut(r->s, start, r->at)};
	return 1;
}

int htmltok_attr(struct str *attrs, struct str *name, struct str *value)
{
	struct str s = *attrs;
	size_t at = 0, start;
	while (at < s.n && (htmltok_space(s.p[at]) || s.p[at] == '/'))
		at++;
	for (start = at; at < s.n && !htmltok_space(s.p[at]) && s.p[at] != '/'; at++)
		if (s.p[at] == '=' && at > start)
			break;
	*name = str_cut(s, start, at);
	*value = STR("");
	size_t eq = at;
	while (eq < s.n && htmltok_space(s.p[eq]))
		eq++;
	if (eq < s.n && s.p[eq] == '=') {
		for (at = eq + 1; at < s.n && htmltok_space(s.p[at]); at++)
			;
		char quote = at < s.n && (s.p[at] == '"' || s.p[at] == '\'') ? s.p[at] : 0;
		start = at += quote != 0;
		while (at < s.n && (quote ? s.p[at] != quote : !htmltok_space(s.p[at])))
			at++;
		*value = str_cut(s, start, at);
		at += quote && at < s.n;
	}
	*attrs = str_cut(s, at, s.n);
	return name->n > 0;
}

bool htmltok_skip(struct htmltok_reader *r, struct str name)
{
	size_t end = close_of(r->s, r->at, name);
	if (end == r->s.n)
		return false;
	r->at = end;
	return true;
}
