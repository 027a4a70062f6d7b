#include "caret.h"

bool caret_ends(char c)
{
	return c == ' ' || c == '\t' || c == '(' || c == ')' || c == '"' || c == '\n' || c == '\r';
}

struct caret_word caret_word(struct str q, size_t at)
{
	size_t from = at < q.n ? at : q.n, to = from;
	struct caret_word w = {0};
	while (from > 0 && !caret_ends(q.p[from - 1]))
		from--;
	while (to < q.n && !caret_ends(q.p[to]))
		to++;
	while (from < to && q.p[from] == '-')
		from++;
	w.from = from;
	w.to = to;
	size_t end = at < from ? from : at < to ? at : to;
	struct str typed = str_cut(q, from, end);
	ptrdiff_t colon = str_chr(typed, ':');
	if (colon >= 0) {
		w.field = str_cut(typed, 0, (size_t)colon);
		w.from += (size_t)colon + 1;
		typed = str_cut(typed, (size_t)colon + 1, typed.n);
	}
	w.piece = typed;
	return w;
}
