#include "guess.h"

#include "shape.h"
#include "words.h"

int guess_make(struct ask *k, const struct meant **out, size_t *n, struct err *err)
{
	*n = 0;
	if (k->n > 0 || k->seen > 0 || k->stopped || k->text.n == 0 ||
	    k->options.dialect != QUERY_BOX)
		return 1;
	query_rest(k->query);
	return meant_find(k->db, k->call->arena, k->text, &k->options, out, n, err);
}

json_t *guess_json(struct arena *a, const struct meant *list, size_t n)
{
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			out, json_pack("{s:o,s:o,s:o,s:i}", "word", shape_text(a, list[i].word),
				       "instead", shape_text(a, list[i].instead), "query",
				       shape_text(a, list[i].query), "column", list[i].column));
	return out;
}

int guess_write(struct markup *m, struct ask *k, const struct state *state, struct err *err)
{
	const struct meant *list;
	struct state to = state_list(state);
	size_t n;
	if (guess_make(k, &list, &n, err) < 0)
		return -1;
	if (n == 0)
		return 1;
	MARKUP(m, "<p class=\"empty\" id=\"meant\">" WORDS_MEANT);
	for (size_t i = 0; i < n; i++) {
		to.q = list[i].query;
		to.pick = STR("");
		MARKUP(m, " <a href=\"");
		state_href(m, &to);
		MARKUP(m, "\">");
		markup_text(m, list[i].query);
		MARKUP(m, "</a>");
	}
	MARKUP(m, "</p>");
	return 1;
}
