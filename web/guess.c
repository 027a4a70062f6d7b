#include "guess.h"

#include "shape.h"
#include "words.h"

int guess_make(struct ask *k, struct meant_list *out, struct err *err)
{
	*out = (struct meant_list){0};
	if (k->n > 0 || k->seen > 0 || k->stopped || k->text.n == 0 ||
	    k->options.dialect != QUERY_BOX)
		return 1;
	query_rest(k->query);
	return meant_find(k->db, k->call->arena, k->text, &k->options, out, err);
}

json_t *guess_json(struct arena *a, const struct meant_list *l)
{
	json_t *out = json_array();
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(
			out, json_pack("{s:o,s:o,s:o,s:i}", "word", shape_text(a, l->v[i].word),
				       "instead", shape_text(a, l->v[i].instead), "query",
				       shape_text(a, l->v[i].query), "column", l->v[i].column));
	return out;
}

int guess_write(struct markup *m, struct ask *k, const struct state *state, struct err *err)
{
	struct meant_list list;
	struct state to = state_list(state);
	if (guess_make(k, &list, err) < 0)
		return -1;
	if (list.n == 0)
		return 1;
	MARKUP(m, "<p class=\"empty\" id=\"meant\">" WORDS_MEANT);
	to.q = list.v[0].query;
	to.pick = STR("");
	MARKUP(m, " <a href=\"");
	state_href(m, &to);
	MARKUP(m, "\">");
	markup_text(m, to.q);
	MARKUP(m, "</a>?</p>");
	return 1;
}
