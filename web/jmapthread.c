#include "jmapthread.h"

#include "thread.h"

#include <stdlib.h>

/* More changes at once are not told. */
enum { MOST = 5000 };

/* A message of a thread in the account. */
struct member {
	int64_t received; /* of the earliest copy */
	struct archive_msg m;
};

static int by_date(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	if (a->received != b->received)
		return a->received < b->received ? -1 : 1;
	return memcmp(a->m.hash, b->m.hash, HASH_BYTES);
}

/* Is a message in the account? 1, 0 or -1. */
static int read_member(struct jmap *j, struct str account, uint64_t number, struct member *out)
{
	const struct archive_copy *copies;
	size_t n = 0;
	bool own = false;
	int r = archive_find(j->ar, number, &out->m, &j->err);
	if (r == 1)
		r = archive_copies(j->ar, j->a, number, &copies, &n, &j->err);
	for (size_t i = 0; i < n; i++) {
		const struct archive_epoch *e = jmapbase_epoch(j, copies[i].epoch);
		if (e == NULL || !str_eq(e->account, account))
			continue;
		if (!own || copies[i].internaldate < out->received)
			out->received = copies[i].internaldate;
		own = true;
	}
	return r < 0 ? -1 : own;
}

/* The messages of a thread that are in the account, what was received first before, as *ids. 1, 0
 * none, or -1. */
static int members(struct jmap *j, struct str account, const struct thread *t, json_t **ids)
{
	struct member *list = arena_alloc(j->a, (t->n + 1) * sizeof *list);
	size_t n = 0;
	for (size_t i = 0; i < t->n; i++) {
		int r = read_member(j, account, t->lines[i].kin->number, &list[n]);
		if (r < 0)
			return -1;
		n += (size_t)r;
	}
	if (n == 0)
		return 0;
	qsort(list, n, sizeof *list, by_date);
	*ids = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(*ids, jmapbase_message_id(j, &list[i].m));
	return 1;
}

/* One thread; NULL: there is none, or the error is set. */
static json_t *one(struct jmap *j, struct str account, json_t *id)
{
	struct str name = jmapbase_text(id);
	struct thread t;
	json_t *ids = NULL;
	if (name.n != THREADS_ID_SIZE - 1 || name.p[0] != 't')
		return NULL;
	int r = thread_find(j->db, j->a, &j->rights, name, &t, &j->err);
	if (r < 0 && j->err.kind == ERR_INPUT) /* no digits, or they fit several */
		return NULL;
	if (r == 1)
		r = members(j, account, &t, &ids);
	if (r < 1)
		return r < 0 ? jmapbase_broken(j) : NULL;
	return json_pack("{s:O,s:o}", "id", id, "emailIds", ids);
}

static bool is_property(json_t *v)
{
	return str_eq(jmapbase_text(v), STR("id")) || str_eq(jmapbase_text(v), STR("emailIds"));
}

json_t *jmapthread_get(struct jmap *j, json_t *args)
{
	struct jmapbase_get g;
	json_t *id;
	size_t i;
	if (!jmapbase_properties(j, args, is_property) ||
	    !jmapbase_get(j, args, "name the threads", &g))
		return NULL;
	json_array_foreach(g.ids, i, id) {
		json_t *o = one(j, g.account, id);
		if (!o && j->error)
			break;
		jmapbase_select(o, args);
		jmapbase_add(&g, id, o);
	}
	return jmapbase_end(j, &g);
}

/* ---- changes ---- */

struct news {
	struct str account, state;
	uint64_t since;
	const uint64_t *numbers;
	size_t n;
	bool more;
};

/* The messages since a state, at most maxChanges. */
static bool read_news(struct jmap *j, json_t *args, struct news *out)
{
	int64_t most;
	uint64_t upto;
	if (!jmapbase_account(j, args, &out->account) ||
	    !jmapbase_number(j, args, "maxChanges", MOST, &most))
		return false;
	if (most <= 0) {
		jmapbase_fail(j, "invalidArguments", "maxChanges");
		return false;
	}
	most = most > MOST ? MOST : most;
	/* The state first: what comes after it is told the next time. */
	out->state = jmapbase_state(j, out->account, UINT64_MAX, &upto);
	if (out->state.n == 0 || !jmapbase_since(j, out->account, args, &out->since) ||
	    !jmapbase_added(j, out->account, out->since, (uint64_t)most + 1, &out->numbers,
			    &out->n))
		return false;
	while (out->n && out->numbers[out->n - 1] > upto)
		out->n--;
	out->more = out->n > (size_t)most;
	if (out->more) {
		out->n = (size_t)most;
		upto = out->numbers[out->n - 1];
		out->state = jmapbase_state(j, out->account, upto, NULL);
	}
	return out->state.n > 0;
}

json_t *jmapthread_emails(struct jmap *j, json_t *args)
{
	struct news news;
	if (!read_news(j, args, &news))
		return NULL;
	json_t *o = jmapbase_changes(j, news.account, args, news.state);
	json_object_set_new(o, "hasMoreChanges", json_boolean(news.more));
	for (size_t i = 0; i < news.n; i++) {
		struct archive_msg m;
		if (archive_find(j->ar, news.numbers[i], &m, &j->err) < 1) {
			json_decref(o);
			return jmapbase_broken(j);
		}
		json_array_append_new(json_object_get(o, "created"), jmapbase_message_id(j, &m));
	}
	return o;
}

/* Adds a thread to created or updated. */
static int add_thread(struct jmap *j, const struct news *news, uint64_t number, json_t *o)
{
	struct thread t;
	int r = thread_list(j->db, j->a, &j->rights, number, &t, &j->err);
	if (r < 1)
		return r;
	bool old = false;
	for (size_t i = 0; i < t.n; i++)
		old |= t.lines[i].kin->number <= news->since;
	json_array_append_new(json_object_get(o, old ? "updated" : "created"),
			      shape_text(j->a, t.id));
	return 1;
}

/* Each thread of the messages that came, once: a thread may have many of them. 1 or -1. */
static int add_threads(struct jmap *j, const struct news *news, json_t *o)
{
	const uint32_t *labels;
	uint64_t last; /* a label may be a later message */
	if (archive_last(j->ar, &last, &j->err) < 0 ||
	    thread_labels(j->db, j->a, last, &labels, &j->err) < 0)
		return -1;
	bool *seen = arena_alloc(j->a, last + 1);
	for (size_t i = 0; i < news->n; i++) {
		uint32_t label = labels[news->numbers[i]];
		if (!seen[label] && add_thread(j, news, news->numbers[i], o) < 0)
			return -1;
		seen[label] = true;
	}
	return 1;
}

json_t *jmapthread_changes(struct jmap *j, json_t *args)
{
	struct news news;
	const uint64_t *gone = NULL;
	size_t n = 0;
	int r;
	if (!read_news(j, args, &news))
		return NULL;
	if (j->rights.some)
		return jmapbase_fail(j, "cannotCalculateChanges", NULL);
	json_t *o = jmapbase_changes(j, news.account, args, news.state);
	json_object_set_new(o, "hasMoreChanges", json_boolean(news.more));
	r = add_threads(j, &news, o);
	if (r >= 0)
		r = thread_gone(j->db, j->a, news.since, &gone, &n, &j->err);
	for (size_t i = 0; i < n && r >= 0; i++) {
		char id[THREADS_ID_SIZE];
		threads_id(gone[i], id);
		json_array_append_new(json_object_get(o, "destroyed"), json_string(id));
	}
	if (r >= 0)
		return o;
	json_decref(o);
	return jmapbase_broken(j);
}
