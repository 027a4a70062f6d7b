#include "addrgroup.h"

#include "header.h"
#include "rfc2047.h"

/* The next of these characters outside quotes, comments and angle brackets, or the end. */
static size_t find_outside(struct str s, size_t at, const char *what)
{
	int comments = 0;
	bool quoted = false, angle = false;
	for (; at < s.n; at++) {
		char c = s.p[at];
		if (c == '\\' && (quoted || comments))
			at++;
		else if (quoted || (c == '"' && !comments))
			quoted = c != '"' || !quoted;
		else if (c == '(' || (c == ')' && comments))
			comments += c == '(' ? 1 : -1;
		else if (!comments && (c == '<' || c == '>'))
			angle = c == '<';
		else if (!comments && !angle && c && strchr(what, c))
			return at;
	}
	return s.n;
}

static struct str name_of(struct arena *a, struct str raw)
{
	struct str s = str_trim(rfc2047_decode(a, header_unfold(a, raw)));
	bool quoted = s.n > 1 && str_starts(s, STR("\"")) && str_ends(s, STR("\""));
	return quoted ? str_cut(s, 1, s.n - 1) : s;
}

static bool is_blank(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the part of s[from..to) behind its last comma begins. */
static size_t behind_comma(struct str s, size_t from, size_t to)
{
	size_t at = from, next = from;
	s = str_cut(s, 0, to);
	while ((next = find_outside(s, next, ",")) < to)
		at = ++next;
	return at;
}

size_t addrgroup_split(struct arena *a, struct str s, const struct addrgroup **out)
{
	struct addrgroup *list = NULL;
	size_t n = 0, at = 0;
	for (;;) {
		while (at < s.n && is_blank(s.p[at]))
			at++;
		size_t colon = find_outside(s, at, ":"), name = colon;
		if (colon < s.n)
			name = behind_comma(s, at, colon);
		if (name > at) {
			list = arena_grow(a, list, n, sizeof *list);
			list[n++] = (struct addrgroup){STR(""), str_cut(s, at, name)};
		}
		if (colon == s.n)
			break;
		size_t end = find_outside(s, colon + 1, ";");
		list = arena_grow(a, list, n, sizeof *list);
		list[n++] = (struct addrgroup){name_of(a, str_cut(s, name, colon)),
					       str_cut(s, colon + 1, end)};
		at = end < s.n ? end + 1 : s.n;
	}
	*out = list;
	return n;
}
