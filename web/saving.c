#include "saving.h"

#include "frame.h"
#include "jsonbody.h"
#include "listing.h"
#include "params.h"
#include "present.h"

/* ---- reading ---- */

int saving_find(struct call *c, struct saved *out, struct err *err)
{
	struct people *p;
	int64_t id;
	int r = params_id(c, &id, err);
	if (r > 0)
		r = call_people(&p, err);
	return r > 0 ? saved_find(p, c->arena, id, c->who->name, out, err) : r;
}

struct query_options saving_options(const struct call *c, const struct saved *s)
{
	return (struct query_options){
		.dialect = str_eq(s->dialect, STR("imap")) ? QUERY_IMAP : QUERY_BOX,
		.account = s->account, .mailbox = s->mailbox, .rights = call_rights(c)};
}

static json_t *text(struct call *c, struct str s)
{
	return shape_text(c->arena, s);
}

static json_t *describe(struct call *c, const struct saved *s)
{
	json_t *o = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)s->id, "name",
			      text(c, s->name), "q", text(c, s->query), "dialect",
			      text(c, s->dialect), "account", text(c, s->account), "mailbox",
			      text(c, s->mailbox));
	json_object_set_new(o, "grammar", json_integer(s->grammar));
	json_object_set_new(o, "grammar_now", json_integer(QUERY_GRAMMAR));
	json_object_set_new(o, "shared", json_boolean(s->shared));
	json_object_set_new(o, "own", json_boolean(str_eq(s->owner, c->who->name)));
	json_object_set_new(o, "made_at", text(c, present_time(c->arena, s->made, 0)));
	json_object_set_new(o, "changed_at", text(c, present_time(c->arena, s->changed, 0)));
	return o;
}

int saving_all(struct call *c, struct http_response *resp, struct err *err)
{
	struct people *p;
	const struct saved *list;
	static const char *const none[] = {NULL};
	size_t n;
	if (params_only(c, none, err) < 0 || call_people(&p, err) < 0 ||
	    saved_list(p, c->arena, c->who->name, &list, &n, err) < 0)
		return -1;
	json_t *out = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, describe(c, &list[i]));
	return listing_whole(c, resp, "saved_searches", out, err);
}

int saving_one(struct call *c, struct http_response *resp, struct err *err)
{
	struct saved s;
	int r = saving_find(c, &s, err);
	if (r > 0)
		frame_json(resp, describe(c, &s));
	return r;
}

/* ---- changing ---- */

static int take_all(struct call *c, json_t *o, struct saved *s, struct err *err)
{
	static const char *const names[] = {"name", "q", "dialect", "account", "mailbox", "shared",
					    NULL};
	const struct jsonbody_text texts[] = {
		{"name", &s->name}, {"q", &s->query}, {"dialect", &s->dialect},
		{"account", &s->account}, {"mailbox", &s->mailbox}};
	const json_t *shared = json_object_get(o, "shared");
	if (jsonbody_only(o, names, err) < 0)
		return -1;
	if (shared && !json_is_boolean(shared))
		return err_set(err, ERR_INPUT, "'shared' is true or false");
	if (shared)
		s->shared = json_is_true(shared);
	return jsonbody_texts(c->arena, o, texts, 5, err);
}

/* A body's members into *s, which holds what those that are missing stand for. */
static int read_body(struct call *c, struct saved *s, struct err *err)
{
	json_t *o;
	if (jsonbody_read(c->req, &o, err) < 0)
		return -1;
	int r = take_all(c, o, s, err);
	json_decref(o);
	return r;
}

/* Only what is a query is saved: warnings tell of the rest. */
static int check_query(struct call *c, const struct saved *s, json_t **warnings, struct err *err)
{
	struct query_options o = saving_options(c, s);
	struct query *q = NULL;
	struct qdb *db;
	if (!str_eq(s->dialect, STR("box")) && !str_eq(s->dialect, STR("imap")))
		return err_set(err, ERR_INPUT, "'dialect' is box or imap");
	if (call_db(c, &db, err) < 0 || query_open(&q, db, c->arena, s->query, &o, err) < 0)
		return -1;
	*warnings = shape_warnings(c->arena, q);
	query_close(&q);
	return 1;
}

static void answer(struct call *c, const struct saved *s, json_t *warnings,
		   struct http_response *resp)
{
	json_t *o = describe(c, s);
	json_object_set_new(o, "warnings", warnings);
	frame_json(resp, o);
}

int saving_add(struct call *c, struct saved *s, json_t **warnings, struct err *err)
{
	struct people *p;
	s->owner = c->who->name;
	s->grammar = QUERY_GRAMMAR;
	if (check_query(c, s, warnings, err) < 0)
		return -1;
	if (call_people(&p, err) > 0 && saved_add(p, s, err) > 0)
		return 1;
	json_decref(*warnings);
	return -1;
}

int saving_new(struct call *c, struct http_response *resp, struct err *err)
{
	struct saved s = {.dialect = STR("box")};
	json_t *warnings = NULL;
	if (read_body(c, &s, err) < 0)
		return -1;
	if (s.query.p == NULL || s.name.p == NULL)
		return err_set(err, ERR_INPUT, "a saved search has a 'name' and a query, 'q'");
	if (saving_add(c, &s, &warnings, err) < 0)
		return -1;
	resp->status = 201;
	http_header(resp, "Location", arena_fmt(c->arena, "/api/v1/saved-searches/%lld",
						(long long)s.id).p);
	answer(c, &s, warnings, resp);
	return 1;
}

int saving_change(struct call *c, struct http_response *resp, struct err *err)
{
	struct saved s;
	struct people *p;
	json_t *warnings = NULL;
	int r = saving_find(c, &s, err);
	if (r > 0 && !str_eq(s.owner, c->who->name))
		r = 0;
	if (r > 0)
		r = read_body(c, &s, err);
	s.grammar = QUERY_GRAMMAR;
	if (r > 0)
		r = check_query(c, &s, &warnings, err);
	if (r > 0)
		r = call_people(&p, err);
	if (r > 0)
		r = saved_set(p, &s, err);
	if (r > 0)
		answer(c, &s, warnings, resp);
	else
		json_decref(warnings);
	return r;
}

int saving_drop(struct call *c, struct err *err)
{
	struct saved s;
	struct people *p;
	int r = saving_find(c, &s, err);
	if (r > 0)
		r = call_people(&p, err);
	return r > 0 ? saved_remove(p, s.id, c->who->name, err) : r;
}

int saving_remove(struct call *c, struct http_response *resp, struct err *err)
{
	int r = saving_drop(c, err);
	if (r > 0)
		resp->status = 204;
	return r;
}
