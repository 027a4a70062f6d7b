#include "tally.h"

#include "shape.h"

static json_t *scores(const struct esearch_mailbox *m)
{
	json_t *out = json_array();
	for (size_t i = 0; i < m->n_relevancy; i++)
		json_array_append_new(out, json_integer(m->relevancy[i]));
	return out;
}

static json_t *mailbox(struct arena *a, const struct imapret *ret, const struct esearch_mailbox *m)
{
	json_t *o = json_object();
	json_object_set_new(o, "account", shape_text(a, m->epoch->account));
	json_object_set_new(o, "mailbox", shape_text(a, m->epoch->mailbox));
	json_object_set_new(o, "uidvalidity", json_integer(m->epoch->uidvalidity));
	if (ret->min)
		json_object_set_new(o, "min", json_integer(m->min));
	if (ret->max)
		json_object_set_new(o, "max", json_integer(m->max));
	if (ret->count)
		json_object_set_new(o, "count", json_integer((json_int_t)m->count));
	if (ret->all)
		json_object_set_new(o, "all", shape_text(a, m->all));
	if (ret->partial)
		json_object_set_new(o, "partial",
				    json_pack("{s:o, s:o}", "range",
					      shape_text(a, imapret_range(a, ret)), "uids",
					      m->partial.n ? shape_text(a, m->partial)
							   : json_null()));
	if (ret->relevancy)
		json_object_set_new(o, "relevancy", scores(m));
	if (m->modseq)
		json_object_set_new(o, "modseq", json_integer((json_int_t)m->modseq));
	return o;
}

json_t *tally_json(struct arena *a, const struct esearch *s)
{
	json_t *out = json_array();
	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(out, mailbox(a, s->ret, &s->list[i]));
	return out;
}

int tally_reach(json_t *o, struct query *q, struct qdb *db, const struct rights *rights,
		struct err *err)
{
	struct query_progress p;
	struct query_view view;
	if (query_view(db, rights, &view, err) < 0)
		return -1;
	query_progress(q, &p);
	if (rights->some && view.stored_to < p.searched_to)
		p.searched_to = view.stored_to;
	json_object_set_new(o, "not_fully_searchable", json_integer((json_int_t)view.not_fully));
	json_object_set_new(o, "indexed_to", json_integer((json_int_t)view.indexed_to));
	json_object_set_new(o, "stored_to", json_integer((json_int_t)view.stored_to));
	json_object_set_new(o, "searched_to", json_integer((json_int_t)p.searched_to));
	json_object_set_new(o, "not_judged", json_integer((json_int_t)p.unjudged));
	return 1;
}

int tally_search(struct ask *k, json_t *o, struct err *err)
{
	static const char *const others[] = {"limit", "sort", "total", "cursor",
					     "certificate"};
	struct arena *a = k->call->arena;
	struct esearch s;
	if (query_return(k->query) == NULL)
		return 0;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (url_get(k->call->url, others[i], STR("")).n > 0)
			return err_set(err, ERR_INPUT, "parameter '%s' does not go with RETURN",
				       others[i]);
	if (esearch_run(&s, k->query, k->db, a, err) < 0)
		return -1;
	json_object_set_new(o, "esearch", tally_json(a, &s));
	json_object_set_new(o, "warnings", shape_warnings(a, k->query));
	return tally_reach(o, k->query, k->db, &k->options.rights, err);
}
