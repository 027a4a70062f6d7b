#include "ndjson.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "log.h"
#include "tagging.h"

enum phase { HEAD, HITS, COUNT, SUMS, OVER };

struct ndjson {
	struct arena arena;
	struct http_request req;
	struct call call;
	struct ask ask;
	struct qdb *db;
	enum phase phase;
};

static atomic_uint streams;

int ndjson_enter(struct err *err)
{
	if (atomic_fetch_add(&streams, 1) < NDJSON_MAX)
		return 1;
	ndjson_leave();
	return err_set(err, ERR_LATER, "too many streams at a time");
}

void ndjson_leave(void)
{
	atomic_fetch_sub(&streams, 1);
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

void ndjson_head(json_t *o, struct ask *k)
{
	const char *dialect = ask_dialect(k->options.dialect);
	json_object_set_new(o, "query", json_pack("{s:s,s:o}", "dialect", dialect, "tree",
						  shape_text(k->call->arena,
							     query_tree(k->query))));
}

static void add_total(json_t *o, const struct ask *k, const struct ask_summary *s)
{
	bool none = k->total == ASK_NONE && !s->exact;
	json_object_set_new(o, "total", none ? json_null() : number(s->total));
	json_object_set_new(o, "total_relation", json_string(s->exact      ? "exact"
							      : none        ? "none"
							      : s->estimate ? "estimate"
									    : "at_least"));
	if (s->estimate && !s->exact) {
		json_object_set_new(o, "total_least", number(s->bounds.least));
		json_object_set_new(o, "total_most", number(s->bounds.most));
	}
}

int ndjson_sums(json_t *o, struct ask *k, struct err *err)
{
	struct arena *a = k->call->arena;
	struct ask_summary s;
	if (ask_finish(k, &s, err) < 0)
		return -1;
	json_object_set_new(o, "next", k->next.n ? shape_text(a, k->next) : json_null());
	add_total(o, k, &s);
	if (s.count_stopped && !k->stopped)
		json_object_set_new(o, "stopped", json_pack("{s:s}", "reason", "counting"));
	else
		json_object_set_new(o, "stopped", shape_stopped(a, k->query));
	json_object_set_new(o, "warnings", shape_warnings(a, k->query));
	json_object_set_new(o, "not_fully_searchable", number(s.not_fully));
	json_object_set_new(o, "indexed_to", number(s.indexed_to));
	json_object_set_new(o, "stored_to", number(s.stored_to));
	json_object_set_new(o, "searched_to", number(s.searched_to));
	json_object_set_new(o, "not_judged", number(s.unjudged));
	if (k->explain)
		json_object_set_new(o, "explain", shape_explain(a, k->query));
	json_object_set_new(o, "took_ms", json_real(s.took_ms));
	json_object_set_new(o, "request_id", shape_text(a, k->call->req->id));
	return 1;
}

/* ---- lines ---- */

static int add(const char *p, size_t n, void *to)
{
	buf_add(to, p, n);
	return 0;
}

void ndjson_line(struct buf *out, json_t *o)
{
	json_dump_callback(o, add, out, JSON_COMPACT);
	buf_str(out, STR("\n"));
	json_decref(o);
}

static void progress(struct buf *out, const struct query *q, const char *name, uint64_t n)
{
	struct query_progress p;
	query_progress(q, &p);
	ndjson_line(out, json_pack("{s:{s:o,s:o,s:o}}", "progress", name, number(n), "looked_at",
			    number(p.passed), "candidates", number(p.candidates)));
}

/* Hits until the piece is large enough. 1 go on; 0 that was the last; -1. */
static int hits(struct ndjson *s, struct buf *out, struct err *err)
{
	struct query_hit h;
	int r = 1;
	while (out->n < NDJSON_PIECE && (r = ask_next(&s->ask, &h, err)) == 1) {
		json_t *o = shape_hit(&s->ask.hit, &s->call.boxes, &h, err);
		if (o == NULL)
			return -1;
		tagging_add(&s->ask.hit, o, s->ask.db, h.msg.hash);
		ndjson_line(out, json_pack("{s:o}", "message", o));
	}
	if (r == QUERY_PAUSED)
		progress(out, s->ask.query, "hits", s->ask.n);
	return r < 0 ? -1 : r > 0;
}

static int count(struct ndjson *s, struct buf *out, struct err *err)
{
	int r = ask_count(&s->ask, err);
	if (r == QUERY_PAUSED)
		progress(out, s->ask.counter, "counted", s->ask.counted);
	return r < 0 ? -1 : r == QUERY_PAUSED;
}

static int step(struct ndjson *s, struct buf *out, struct err *err)
{
	struct ask *k = &s->ask;
	json_t *o;
	int r;
	switch (s->phase) {
	case HEAD:
		o = json_object();
		ndjson_head(o, k);
		ndjson_line(out, o);
		s->phase = HITS;
		return 1;
	case HITS:
		r = hits(s, out, err);
		if (r == 0)
			s->phase = k->total == ASK_EXACT && !k->stopped &&
				   !(k->ended && k->options.cursor.n == 0) ? COUNT : SUMS;
		return r < 0 ? -1 : 1;
	case COUNT:
		r = count(s, out, err);
		if (r == 0)
			s->phase = SUMS;
		return r < 0 ? -1 : 1;
	default:
		o = json_object();
		r = ndjson_sums(o, k, err);
		s->phase = OVER;
		if (r < 0)
			json_decref(o);
		else
			ndjson_line(out, o);
		return r < 0 ? -1 : 0;
	}
}

/* A failure in the middle is the last line: no sums say that the answer is not whole. */
static int more(void *arg, struct buf *out)
{
	struct ndjson *s = arg;
	struct err err = {0};
	int r = s->phase == OVER ? 0 : step(s, out, &err);
	if (s->ask.query)
		query_rest(s->ask.query);
	if (s->ask.counter)
		query_rest(s->ask.counter);
	if (r >= 0)
		return r;
	log_line(LOG_WARN, "web: a stream ends early: %s", err.text);
	call_tell(&s->call, &err);
	ndjson_line(out, json_pack("{s:{s:s}}", "error", "detail",
			    err.kind == ERR_BROKEN ? "the server's log says why" : err.text));
	s->phase = OVER;
	return 0;
}

static void end(void *arg)
{
	struct ndjson *s = arg;
	ask_end(&s->ask);
	query_db_close(&s->db);
	arena_free(&s->arena);
	free(s);
	ndjson_leave();
}

/* What the handler lent lives on in the stream. */
static struct ndjson *take_over(struct call *c)
{
	struct ndjson *s = err_alloc(sizeof *s);
	s->req = *c->req;
	s->req.arena = &s->arena;
	s->call = (struct call){.req = &s->req, .url = c->url, .args = c->args,
				.arena = &s->arena, .who = c->who,
				.audit = c->audit};
	return s;
}

int ndjson_search(struct call *c, struct http_response *resp, struct err *err)
{
	if (ndjson_enter(err) < 0)
		return -1;
	struct ndjson *s = take_over(c);
	if (ask_read(&s->ask, &s->call, err) < 0 || call_own_db(&s->call, &s->db, err) < 0) {
		end(s);
		return -1;
	}
	s->ask.db = s->db;
	int r = ask_begin(&s->ask, err);
	if (r == 1 && query_return(s->ask.query) != NULL)
		r = err_set(err, ERR_INPUT, "a query with RETURN has one answer, and no lines:"
			    " ask for format=json");
	if (r < 0) {
		end(s);
		return -1;
	}
	query_pause(s->ask.query, ASK_SLICE_MS);
	/* The table of the address dies with the handler; it is not asked again. */
	s->call.url = NULL;
	resp->type = "application/x-ndjson";
	resp->stream = (struct http_stream){more, end, s};
	return 1;
}
