#define _GNU_SOURCE
#include "api.h"

#include <jansson.h>

#include "ask.h"
#include "certificate.h"
#include "frame.h"
#include "guess.h"
#include "ndjson.h"
#include "params.h"
#include "posted.h"
#include "shape.h"
#include "tagging.h"
#include "tally.h"

/* ---- search ---- */

static int hits(struct ask *k, json_t *out, struct err *err)
{
	struct query_hit h;
	int r;
	while ((r = ask_next(k, &h, err)) > 0) {
		json_t *o = shape_hit(&k->hit, &k->call->boxes, &h, err);
		if (o == NULL)
			return -1;
		json_array_append_new(out, o);
		tagging_add(&k->hit, o, k->db, h.msg.hash);
	}
	return r;
}

/* The search once more, as a whole: what the page shows is only its beginning. */
static int certify(struct ask *k, json_t *o, struct err *err)
{
	struct arena *a = k->call->arena;
	struct str note;
	if (certificate_make(a, k->db, k->text, &k->options, &note, err) < 0)
		return -1;
	json_object_set_new(o, "certificate", shape_text(a, note));
	return 1;
}

/* What was meant, perhaps, when nothing was found. */
static int guesses(struct ask *k, json_t *o, struct err *err)
{
	struct meant_list list;
	if (guess_make(k, &list, err) < 0)
		return -1;
	if (list.n > 0)
		json_object_set_new(o, "did_you_mean", guess_json(k->call->arena, &list));
	return 1;
}

static int search(struct ask *k, json_t *o, struct err *err)
{
	if (ask_begin(k, err) < 0)
		return -1;
	ndjson_head(o, k);
	int tallied = tally_search(k, o, err);
	if (tallied != 0)
		return tallied;
	json_t *list = json_array();
	json_object_set_new(o, "messages", list);
	if (hits(k, list, err) < 0)
		return -1;
	if (guesses(k, o, err) < 0 || ndjson_sums(o, k, err) < 0)
		return -1;
	return k->certificate ? certify(k, o, err) : 1;
}

int api_search(struct call *c, struct http_response *resp, struct err *err)
{
	struct ask k;
	if (posted_url(c, err) < 0 || ask_read(&k, c, err) < 0)
		return -1;
	if (k.blank)
		return err_set(err, ERR_INPUT, "parameter 'q' is missing");
	if (k.stream)
		return ndjson_search(c, resp, err);
	json_t *o = json_object();
	int r = search(&k, o, err);
	ask_end(&k);
	return frame_answer(resp, o, r);
}

/* Only sums. Parameters that are about pages are unknown here. */
static int sums(struct call *c, enum ask_total total, struct http_response *resp, struct err *err)
{
	static const char *const known[] = {"q", "dialect", "account", "mailbox", "copies",
					    "timeout", "explain", "total", NULL};
	struct ask k;
	if (posted_url(c, err) < 0)
		return -1;
	if (params_only(c, known, err) < 0 || ask_read(&k, c, err) < 0)
		return -1;
	if (k.blank)
		return err_set(err, ERR_INPUT, "parameter 'q' is missing");
	if (total == ASK_ESTIMATE && k.options.rights.some)
		return err_set(err, ERR_DENIED, "what the index says tells of all accounts:"
			       " explain is for those who may read them all");
	if (k.total != ASK_ESTIMATE)
		k.total = total;
	k.explain |= total == ASK_ESTIMATE;
	k.stream = false;
	json_t *o = json_object();
	int r = ask_begin(&k, err);
	if (r > 0 && query_return(k.query) != NULL)
		r = err_set(err, ERR_INPUT, "RETURN is answered by /api/v1/search");
	if (r > 0) {
		ndjson_head(o, &k);
		r = ndjson_sums(o, &k, err);
		json_object_del(o, "next");
	}
	ask_end(&k);
	return frame_answer(resp, o, r);
}

int api_count(struct call *c, struct http_response *resp, struct err *err)
{
	return sums(c, ASK_EXACT, resp, err);
}

int api_explain(struct call *c, struct http_response *resp, struct err *err)
{
	return sums(c, ASK_ESTIMATE, resp, err);
}

/* ---- one message ---- */

int api_message(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const none[] = {NULL};
	struct query_message m;
	struct qdb *db;
	int r = params_only(c, none, err) < 0 ? -1 : call_db(c, &db, err);
	if (r > 0)
		r = call_message(c, &m, c->args[0], err);
	if (r <= 0)
		return r;
	json_t *o = shape_message(&c->heavy, &c->boxes, &m, API_MAX_TEXT, err);
	if (o == NULL)
		return -1;
	tagging_add(&c->heavy, o, db, m.msg.hash);
	frame_json(resp, o);
	return 1;
}

/* ---- health ---- */

int api_health(struct call *c, struct http_response *resp, struct err *err)
{
	struct qdb *db;
	uint64_t indexed, stored;
	if (call_db(c, &db, err) < 0 || query_db_reach(db, &indexed, &stored, err) < 0)
		return -1;
	json_t *o = json_pack("{s:s}", "status", "ok");
	if (person_may(c->who, PERSON_READ) && c->who->all_accounts) {
		json_object_set_new(o, "indexed_to", json_integer((json_int_t)indexed));
		json_object_set_new(o, "stored_to", json_integer((json_int_t)stored));
	}
	frame_json(resp, o);
	return 1;
}
