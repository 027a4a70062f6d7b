#include "quote.h"

enum { ATTRIBUTION = 4, BLOCK = 6, LONGEST = 400 };

/* What a line says of itself and of those behind it. */
enum kind { OWN, QUOTED, ANNOUNCES, TO_END };

static bool has(struct str s, struct str words)
{
	for (size_t i = 0; i + words.n <= s.n; i++)
		if (str_ieq(str_cut(s, i, i + words.n), words))
			return true;
	return false;
}

static bool is_marked(struct str line)
{
	return str_starts(str_trim(line), STR(">"));
}

static bool has_digit(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

/* "-----Original Message-----" */
static bool is_divider(struct str line)
{
	static const struct str words[] = {
		STR("original message"), STR("forwarded message"), STR("forwarded by"),
		STR("begin forwarded"), STR("ursprüngliche nachricht"),
		STR("urspru\xcc\x88ngliche nachricht"), STR("message d'origine"),
		STR("mensaje original")};
	struct str s = str_trim(line);
	if (s.n > LONGEST || !str_starts(s, STR("--")))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (has(s, words[i]))
			return true;
	return false;
}

static bool is_blank(struct str line)
{
	return str_trim(line).n == 0;
}

/* Is the next line that is not blank marked? */
static bool is_marked_next(struct str rest)
{
	struct str line;
	for (int i = 0; i < ATTRIBUTION && str_line(&rest, &line); i++)
		if (!is_blank(line))
			return is_marked(line);
	return false;
}

/* "On Monday, 3 March, Ann wrote:", perhaps over some lines. *n: how many. */
static enum kind attribution(struct str rest, int *n)
{
	struct str line;
	bool digit = false;
	*n = 0;
	if (!str_istarts(str_trim(str_cut(rest, 0, LONGEST)), STR("on ")))
		return OWN;
	while (*n < ATTRIBUTION && str_line(&rest, &line)) {
		struct str s = str_trim(line);
		if (s.n > LONGEST || s.n == 0)
			return OWN;
		digit = digit || has_digit(s);
		(*n)++;
		if (digit && s.n >= 6 && str_ieq(str_cut(s, s.n - 6, s.n), STR("wrote:")))
			return is_marked_next(rest) ? ANNOUNCES : TO_END;
	}
	return OWN;
}

/* The header of the message that Outlook quotes. */
static bool is_block(struct str rest)
{
	struct str line;
	bool from = false, when = false, subject = false;
	for (int i = 0; i < BLOCK && str_line(&rest, &line); i++) {
		struct str s = str_trim(str_cut(line, 0, LONGEST));
		while (s.n > 0 && s.p[0] == '*') /* bold, as text */
			s = str_cut(s, 1, s.n);
		if (i == 0)
			from = str_istarts(s, STR("from:"));
		if (!from)
			return false;
		when = when || str_istarts(s, STR("sent:")) || str_istarts(s, STR("date:"));
		subject = subject || str_istarts(s, STR("subject:"));
	}
	return when && subject;
}

/* Most lines begin like nothing that quotes. */
static bool is_plain(struct str rest)
{
	size_t i = 0;
	while (i < rest.n && (rest.p[i] == ' ' || rest.p[i] == '\t'))
		i++;
	return i < rest.n && memchr(">-oOfF*", rest.p[i], 7) == NULL;
}

/* The kind of the first lines of `rest`, and how many they are. */
static enum kind look(struct str rest, int *n)
{
	struct str line, after = rest;
	*n = 1;
	if (is_plain(rest) || !str_line(&after, &line))
		return OWN;
	if (is_marked(line))
		return QUOTED;
	if (is_divider(line) || is_block(rest))
		return TO_END;
	enum kind k = attribution(rest, n);
	if (k == OWN)
		*n = 1;
	return k;
}

struct quote quote_begin(struct str text)
{
	return (struct quote){.rest = text};
}

/* Blank lines belong to what is before them. */
int quote_next(struct quote *q, struct str *piece, bool *quoted)
{
	struct str start = q->rest, line;
	bool first = true;
	if (start.n == 0)
		return 0;
	*quoted = q->to_end;
	while (!q->to_end && q->rest.n > 0) {
		int n;
		enum kind k = look(q->rest, &n);
		struct str next = q->rest;
		str_line(&next, &line);
		if (first)
			*quoted = k != OWN;
		else if (!is_blank(line) && (k != OWN) != *quoted)
			break;
		first = false;
		for (int i = 1; i < n; i++)
			str_line(&next, &line);
		q->rest = next;
		q->to_end = k == TO_END;
	}
	if (q->to_end)
		q->rest = str_cut(q->rest, q->rest.n, q->rest.n);
	*piece = str_cut(start, 0, start.n - q->rest.n);
	return 1;
}
