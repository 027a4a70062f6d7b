#include "markup.h"

#include "present.h"
#include "url.h"

void markup_literal(struct markup *m, struct str s)
{
	buf_str(m->out, s);
}

/* What stands for a character that may not stand for itself, or NULL. */
static const char *stand_in(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\t':
	case '\n':
		return NULL;
	default:
		return (unsigned char)c < 0x20 || c == 0x7F ? "\xEF\xBF\xBD" : NULL;
	}
}

void markup_text(struct markup *m, struct str s)
{
	size_t from = 0;
	s = present_utf8(m->arena, s);
	for (size_t i = 0; i < s.n; i++) {
		const char *other = stand_in(s.p[i]);
		if (other == NULL)
			continue;
		buf_str(m->out, str_cut(s, from, i));
		buf_str(m->out, str_of(other));
		from = i + 1;
	}
	buf_str(m->out, str_cut(s, from, s.n));
}

void markup_number(struct markup *m, uint64_t n)
{
	buf_str(m->out, present_number(m->arena, n));
}

void markup_digits(struct markup *m, uint64_t n)
{
	buf_fmt(m->out, "%llu", (unsigned long long)n);
}

void markup_url(struct markup *m, struct str s)
{
	url_escape(m->out, s);
}
