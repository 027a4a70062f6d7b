#include "tagging.h"

#include "frame.h"
#include "jsonbody.h"
#include "listing.h"
#include "log.h"
#include "params.h"
#include "present.h"
#include "tagcount.h"

/* ---- bodies ---- */

static int read_ids(struct call *c, const json_t *list, struct tagging_wish *out, struct err *err)
{
	size_t n = json_array_size(list);
	struct str *ids = arena_alloc(c->arena, n * sizeof *ids + 1);
	if (!json_is_array(list))
		return err_set(err, ERR_INPUT, "'ids' is a list of ids");
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		if (!json_is_string(v))
			return err_set(err, ERR_INPUT, "'ids' is a list of ids");
		ids[i] = arena_str(c->arena, (struct str){json_string_value(v),
							  json_string_length(v)});
	}
	out->ids = ids;
	out->n_ids = n;
	return 1;
}

static int read_query(struct call *c, const json_t *o, struct tagging_wish *out, struct err *err)
{
	struct str dialect = STR("");
	const struct jsonbody_text texts[] = {
		{"q", &out->query}, {"account", &out->account}, {"mailbox", &out->mailbox},
		{"dialect", &dialect}};
	if (json_object_get(o, "q") == NULL)
		return err_set(err, ERR_INPUT, "which messages? ('ids', or a query as 'q')");
	if (jsonbody_texts(c->arena, o, texts, 4, err) < 0)
		return -1;
	out->dialect = str_eq(dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX;
	if (dialect.n && out->dialect == QUERY_BOX && !str_eq(dialect, STR("box")))
		return err_set(err, ERR_INPUT, "'dialect' is box or imap");
	return 1;
}

/* Which messages the request's body means. */
static int read_body(struct call *c, struct tagging_wish *out, struct err *err)
{
	static const char *const by_id[] = {"ids", NULL},
				 *const by_query[] = {"q", "dialect", "account", "mailbox", NULL};
	json_t *o;
	if (jsonbody_read(c->req, &o, err) < 0)
		return -1;
	const json_t *ids = json_object_get(o, "ids");
	int r = jsonbody_only(o, ids ? by_id : by_query, err);
	if (r > 0)
		r = ids ? read_ids(c, ids, out, err) : read_query(c, o, out, err);
	json_decref(o);
	return r;
}

/* ---- changing ---- */

static int pick_ids(struct call *c, struct people *p, const struct tagging_wish *w,
		    struct err *err)
{
	struct archive_msg m;
	int r = 1;
	for (size_t i = 0; i < w->n_ids && r == 1; i++) {
		r = call_find(c, &m, w->ids[i], err);
		if (r == 1)
			r = tag_pick(p, m.number, m.hash, err);
	}
	return r;
}

static int pick_hits(struct ask *k, struct people *p, struct err *err)
{
	struct query_hit h;
	int r = ask_begin(k, err);
	if (r < 0)
		return -1;
	while ((r = ask_next(k, &h, err)) > 0)
		if (tag_pick(p, h.number, h.msg.hash, err) < 0)
			return -1;
	if (r == 0 && k->stopped)
		return err_set(err, ERR_LATER, "the search took too long; nothing was changed");
	return r < 0 ? -1 : 1;
}

/* One hit after the other; nothing is locked meanwhile. */
static int pick_query(struct call *c, struct people *p, const struct tagging_wish *w,
		      struct tagging_result *out, struct err *err)
{
	struct query_progress progress = {0};
	struct ask k = {.call = c, .text = w->query, .total = ASK_NONE, .stream = true,
			.timeout_ms = TAGGING_MS};
	k.options = (struct query_options){.dialect = w->dialect, .sort = QUERY_UNSORTED,
					   .bare = true, .account = w->account,
					   .mailbox = w->mailbox, .rights = call_rights(c)};
	int r = pick_hits(&k, p, err);
	if (r > 0)
		query_progress(k.query, &progress);
	if (c->who->all_accounts)
		out->not_searched = progress.not_searched;
	out->messages = k.n;
	ask_end(&k);
	return r;
}

int tagging_change(struct call *c, const struct tagging_wish *w, struct str tag, bool off,
		   struct tagging_result *out, struct err *err)
{
	struct people *p;
	struct tag_change change = {.name = tag, .off = off};
	*out = (struct tagging_result){.messages = w->n_ids};
	if (tag_check_name(tag, err) < 0 || call_people(&p, err) < 0 || tag_pick_none(p, err) < 0)
		return -1;
	int r = w->ids ? pick_ids(c, p, w, err) : pick_query(c, p, w, out, err);
	if (r == 1)
		r = tag_apply(p, &change, 1, c->who->name, err);
	out->changed = change.changed;
	return r;
}

static int answer(struct call *c, bool off, struct http_response *resp, struct err *err)
{
	struct tagging_wish w = {.dialect = QUERY_BOX};
	struct tagging_result result;
	struct str tag = c->args[0];
	int r = 1;
	if (c->req->body.n)
		r = read_body(c, &w, err);
	else if (off) /* off everything that the asker may read */
		w.query = arena_fmt(c->arena, "tag:\"%.*s\"", STR_ARG(tag));
	else
		r = err_set(err, ERR_INPUT, "which messages? ('ids', or a query as 'q')");
	if (r > 0)
		r = tagging_change(c, &w, tag, off, &result, err);
	if (r > 0)
		frame_json(resp, json_pack("{s:o, s:I, s:I, s:I}", "tag",
					   shape_text(c->arena, tag), "messages",
					   (json_int_t)result.messages, "changed",
					   (json_int_t)result.changed, "not_searched",
					   (json_int_t)result.not_searched));
	return r;
}

int tagging_put(struct call *c, struct http_response *resp, struct err *err)
{
	return answer(c, false, resp, err);
}

int tagging_take(struct call *c, struct http_response *resp, struct err *err)
{
	return answer(c, true, resp, err);
}

/* ---- reading ---- */

int tagging_counts(struct call *c, const struct tag *tags, size_t n, uint64_t **out,
		   struct err *err)
{
	const struct bits *may;
	struct qdb *db;
	*out = arena_alloc(c->arena, n * sizeof **out + 1);
	if (call_db(c, &db, err) < 0 || call_visible(c, &may, err) < 0)
		return -1;
	const struct tagcount t = {may, tags, n, *out};
	return tagcount_fill(db, &t, err);
}

/* A tag as JSON; with messages of others only, it is as if it were not there: NULL. */
static json_t *describe(const struct call *c, const struct tag *t, uint64_t n)
{
	if (n == 0 && !c->who->all_accounts)
		return NULL;
	json_t *o = json_pack("{s:o, s:I}", "name", shape_text(c->arena, t->name), "messages",
			      (json_int_t)n);
	if (c->who->all_accounts) {
		json_object_set_new(o, "made_at",
				    shape_text(c->arena, present_time(c->arena, t->at, 0)));
		json_object_set_new(o, "made_by", shape_text(c->arena, t->by));
	}
	return o;
}

/* All tags with what the asker may see of them; NULL with *err set. */
static json_t *list_all(struct call *c, struct err *err)
{
	struct people *p;
	const struct tag *tags;
	uint64_t *counts;
	size_t n = 0;
	if (call_people(&p, err) < 0 || tag_list(p, c->arena, &tags, &n, err) < 0 ||
	    tagging_counts(c, tags, n, &counts, err) < 0)
		return NULL;
	json_t *list = json_array(), *o;
	for (size_t i = 0; i < n; i++)
		if ((o = describe(c, &tags[i], counts[i])) != NULL)
			json_array_append_new(list, o);
	return list;
}

int tagging_all(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const none[] = {NULL};
	json_t *list = params_only(c, none, err) < 0 ? NULL : list_all(c, err);
	return list ? listing_whole(c, resp, "tags", list, err) : -1;
}

int tagging_one(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const none[] = {NULL};
	struct people *p;
	struct tag t;
	uint64_t *counts;
	json_t *o;
	int r = params_only(c, none, err) < 0 ? -1 : call_people(&p, err);
	if (r > 0)
		r = tag_find(p, c->arena, c->args[0], &t, err);
	if (r > 0)
		r = tagging_counts(c, &t, 1, &counts, err);
	if (r <= 0 || (o = describe(c, &t, *counts)) == NULL)
		return r < 0 ? -1 : 0;
	frame_json(resp, o);
	return 1;
}

void tagging_add(struct arena *a, json_t *o, struct qdb *db, const unsigned char hash[HASH_BYTES])
{
	struct query_tags names;
	struct err err = {0};
	if (query_tags(db, a, hash, &names, &err) < 0) {
		log_line(LOG_WARN, "%s", err.text);
		json_object_set_new(o, "tags", json_null());
		return;
	}
	json_t *list = json_array();
	for (size_t i = 0; i < names.n; i++)
		json_array_append_new(list, shape_text(a, names.list[i]));
	json_object_set_new(o, "tags", list);
}
