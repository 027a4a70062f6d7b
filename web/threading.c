#include "threading.h"

#include "alike.h"
#include "frame.h"
#include "listing.h"
#include "params.h"
#include "thread.h"

enum { USUAL = 100, MOST = 500 };

/* A thread, and its lines so far. */
struct listed {
	const struct thread *t;
	const struct alike *like;
	json_t *list;
};

/* The id of the message at a place, or null. */
static json_t *id_at(struct shape_mailboxes *boxes, const struct thread *t, ptrdiff_t at,
		     struct err *err)
{
	struct archive_msg m;
	char id[HASH_HEX + 1];
	int r = at < 0 ? 0 : archive_find(query_db_archive(boxes->db), t->lines[at].kin->number,
					  &m, err);
	if (r < 0)
		return NULL;
	if (r == 0)
		return json_null();
	hash_hex(m.hash, HASH_BYTES, id);
	return json_string(id);
}

static int add_line(struct arena *a, struct shape_mailboxes *boxes, const struct listed *l,
		    size_t at, struct err *err)
{
	const struct arrange_line *line = &l->t->lines[at];
	struct query_hit h;
	int r = query_glance(boxes->db, a, &boxes->rights, line->kin->number, &h, err);
	if (r < 1)
		return r; /* hidden since the thread was listed */
	json_t *o = shape_hit(a, boxes, &h, err);
	if (o == NULL)
		return -1;
	json_object_del(o, "snippet");
	json_object_del(o, "snippet_part");
	json_object_del(o, "snippet_hidden");
	json_object_del(o, "where");
	json_object_set_new(o, "depth", json_integer(line->depth));
	json_object_set_new(o, "same_as", id_at(boxes, l->t, l->like[at].same, err));
	json_object_set_new(o, "contained_in", id_at(boxes, l->t, l->like[at].within, err));
	json_array_append_new(l->list, o);
	return json_object_get(o, "same_as") && json_object_get(o, "contained_in") ? 1 : -1;
}

json_t *threading_shape(struct arena *a, struct shape_mailboxes *boxes, const struct thread *t,
			size_t from, size_t to, struct err *err)
{
	struct listed l = {.t = t};
	if (alike_make(boxes->db, a, &boxes->rights, t, &l.like, err) < 0)
		return NULL;
	l.list = json_array();
	for (size_t i = from; i < to && i < t->n; i++)
		if (add_line(a, boxes, &l, i, err) < 0) {
			json_decref(l.list);
			return NULL;
		}
	return json_pack("{s:o,s:I,s:s,s:o}", "threadid", shape_text(a, t->id), "total",
			 (json_int_t)t->n, "total_relation", t->cut ? "at_least" : "exact",
			 "messages", l.list);
}

static int answer(struct call *c, struct http_response *resp, const struct thread *t,
		  struct err *err)
{
	static const char *const names[] = {"cursor", "limit", NULL};
	const struct params_bounds places = {0, 0, INT64_MAX}, limits = {USUAL, 1, MOST};
	uint64_t from, limit;
	if (params_only(c, names, err) < 0 ||
	    params_number(c, "cursor", places, &from, err) < 0 ||
	    params_number(c, "limit", limits, &limit, err) < 0)
		return -1;
	from = from < t->n ? from : t->n;
	json_t *o = threading_shape(c->arena, &c->boxes, t, from, from + limit, err);
	if (o == NULL)
		return -1;
	struct listing_sums sums = {t->n, t->cut ? "at_least" : "exact", STR("")};
	if (from + limit < t->n)
		sums.next = arena_fmt(c->arena, "%llu", (unsigned long long)(from + limit));
	return frame_answer(resp, o, listing_close(c, o, &sums, err));
}

int threading_of(struct call *c, struct http_response *resp, struct err *err)
{
	struct rights rights = call_rights(c);
	struct archive_msg m;
	struct thread t;
	struct qdb *db;
	int r = call_find(c, &m, c->args[0], err);
	if (r == 1)
		r = call_db(c, &db, err);
	if (r == 1)
		r = thread_list(db, c->arena, &rights, m.number, &t, err);
	return r == 1 ? answer(c, resp, &t, err) : r;
}

int threading_one(struct call *c, struct http_response *resp, struct err *err)
{
	struct rights rights = call_rights(c);
	struct thread t;
	struct qdb *db;
	int r = call_db(c, &db, err);
	if (r == 1)
		r = thread_find(db, c->arena, &rights, c->args[0], &t, err);
	return r == 1 ? answer(c, resp, &t, err) : r;
}
