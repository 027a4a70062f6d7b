#include "facets.h"

#include "ask.h"
#include "facet.h"
#include "frame.h"
#include "ndjson.h"
#include "params.h"
#include "posted.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *value(struct arena *a, enum facet_kind kind, const struct facet_value *v)
{
	if (kind == FACET_SIZES)
		return json_pack("{s:o,s:o,s:o}", "at_least", number(v->least), "below",
				 v->below ? number(v->below) : json_null(), "count",
				 number(v->count));
	json_t *o = json_object();
	if (kind == FACET_MAILBOXES)
		json_object_set_new(o, "account", shape_text(a, v->account));
	json_object_set_new(o, "value", shape_text(a, v->name));
	json_object_set_new(o, "count", number(v->count));
	return o;
}

/* All kinds as an object of arrays. */
static json_t *shape(struct arena *a, const struct facets *f)
{
	json_t *out = json_object();
	for (int k = 0; k < FACET_KINDS; k++) {
		json_t *list = json_array();
		for (size_t i = 0; i < f->n[k]; i++)
			json_array_append_new(list, value(a, (enum facet_kind)k, &f->values[k][i]));
		json_object_set_new(out, facet_names[k],
				    json_pack("{s:o,s:o}", "values", list, "distinct",
					      number(f->distinct[k])));
	}
	return out;
}

static int count(struct ask *k, size_t top, json_t *o, struct err *err)
{
	struct facets f;
	k->total = ASK_AT_LEAST;
	k->options.sort = QUERY_UNSORTED;
	k->options.bare = true;
	if (ask_begin(k, err) < 0)
		return -1;
	if (query_return(k->query) != NULL)
		return err_set(err, ERR_INPUT, "RETURN is answered by /api/v1/search");
	if (facet_count(k->query, k->call->arena, top, &f, err) < 0)
		return -1;
	k->n = f.hits;
	k->ended = f.whole;
	k->stopped = !f.whole;
	ndjson_head(o, k);
	json_object_set_new(o, "facets", shape(k->call->arena, &f));
	json_object_set_new(o, "relation", json_string(f.whole ? "exact" : "at_least"));
	return ndjson_sums(o, k, err);
}

int facets_get(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const known[] = {"q", "dialect", "account", "mailbox", "copies",
					    "timeout", "explain", "top", NULL};
	const struct params_bounds tops = {FACETS_TOP, 1, FACETS_MAX};
	struct ask k;
	uint64_t top;
	if (posted_url(c, err) < 0 || params_only(c, known, err) < 0 ||
	    params_number(c, "top", tops, &top, err) < 0)
		return -1;
	params_drop(c, "top");
	if (ask_read(&k, c, err) < 0)
		return -1;
	if (k.blank)
		return err_set(err, ERR_INPUT, "parameter 'q' is missing");
	k.stream = false;
	json_t *o = json_object();
	int r = count(&k, (size_t)top, o, err);
	json_object_del(o, "next");
	ask_end(&k);
	return frame_answer(resp, o, r);
}
