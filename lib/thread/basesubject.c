#include "basesubject.h"

/* Marks are removed so often at most: a subject may hold thousands. */
enum { MOST = 100 };

static const char *const marks[] = {"re", "fwd", "fw", "aw", "antw", "sv", "vs", "odp", "rif"};

/* Runs of blanks become one. */
static struct str join_blanks(struct arena *a, struct str s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool blank = s.p[i] == ' ' || s.p[i] == '\t';
		if (!blank || (n && out[n - 1] != ' '))
			out[n++] = blank ? ' ' : s.p[i];
	}
	return str_trim((struct str){out, n});
}

/* "[list] " before something. Returns its length, 0: there is none. */
static size_t blob(struct str s)
{
	if (s.n == 0 || s.p[0] != '[')
		return 0;
	for (size_t i = 1; i < s.n && s.p[i] != '['; i++) {
		if (s.p[i] != ']')
			continue;
		for (i++; i < s.n && s.p[i] == ' ';)
			i++;
		return i;
	}
	return 0;
}

/* "Re: ", "Fwd [x]: " at the beginning of s. Returns its length, 0: there is none. */
static size_t mark(struct str s)
{
	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
		struct str name = str_of(marks[k]);
		if (!str_istarts(s, name))
			continue;
		size_t at = name.n;
		while (at < s.n && s.p[at] == ' ')
			at++;
		at += blob(str_cut(s, at, s.n));
		if (at < s.n && s.p[at] == ':')
			return at + 1;
	}
	return 0;
}

/* Mark behind any number of blobs. */
static size_t leader(struct str s)
{
	size_t at = 0, n;
	while ((n = blob(str_cut(s, at, s.n))) > 0)
		at += n;
	n = mark(str_cut(s, at, s.n));
	return n ? at + n : 0;
}

static bool ends_forward(struct str s)
{
	return s.n >= 5 && str_ieq(str_cut(s, s.n - 5, s.n), STR("(fwd)"));
}

static bool is_forward(struct str s)
{
	return str_istarts(s, STR("[fwd:")) && str_ends(s, STR("]"));
}

/* One step of the removal. Returns whether anything was removed. */
static bool strip(struct str *s, bool *reply)
{
	size_t n = leader(*s);
	if (n) {
		*s = str_cut(*s, n, s->n);
		*reply = true;
	} else if (ends_forward(*s)) {
		*s = str_cut(*s, 0, s->n - 5);
		*reply = true;
	} else if (is_forward(*s)) {
		*s = str_cut(*s, 5, s->n - 1);
		*reply = true;
	} else if ((n = blob(*s)) > 0 && n < s->n) {
		*s = str_cut(*s, n, s->n);
	} else {
		return false;
	}
	*s = str_trim(*s);
	return true;
}

struct str basesubject_of(struct arena *a, struct str subject, bool *reply)
{
	struct str s = join_blanks(a, subject);
	bool any = false;
	for (int i = 0; i < MOST && strip(&s, &any); i++)
		;
	if (reply)
		*reply = any;
	return s;
}
