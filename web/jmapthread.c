#include "jmapthread.h"

#include "thread.h"

#include <stdlib.h>

/* More changes at once are not told. */
enum { MOST = 5000 };

static json_t *message_id(struct jmap *j, const struct archive_msg *m)
{
	char hex[HASH_HEX + 1];
	hash_hex(m->hash, HASH_BYTES, hex);
	return json_string(arena_fmt(j->a, "m%s", hex).p);
}

static int by_date(const void *x, const void *y)
{
	const struct kin *a = ((const struct arrange_line *)x)->kin;
	const struct kin *b = ((const struct arrange_line *)y)->kin;
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

/* The messages of a thread that are in the account, the oldest first. NULL: none. */
static json_t *members(struct jmap *j, struct str account, const struct thread *t)
{
	json_t *ids = json_array();
	struct arrange_line *lines = arena_alloc(j->a, (t->n + 1) * sizeof *lines);
	memcpy(lines, t->lines, t->n * sizeof *lines);
	qsort(lines, t->n, sizeof *lines, by_date);
	for (size_t i = 0; i < t->n; i++) {
		struct archive_msg m;
		const struct archive_copy *copies;
		size_t n = 0;
		bool own = false;
		if (archive_find(j->ar, lines[i].kin->number, &m, &j->err) < 1 ||
		    archive_copies(j->ar, j->a, m.number, &copies, &n, &j->err) < 0)
			continue;
		for (size_t c = 0; c < n && !own; c++) {
			const struct archive_epoch *e = jmapbase_epoch(j, copies[c].epoch);
			own = e && str_eq(e->account, account);
		}
		if (own)
			json_array_append_new(ids, message_id(j, &m));
	}
	if (json_array_size(ids))
		return ids;
	json_decref(ids);
	return NULL;
}

json_t *jmapthread_get(struct jmap *j, json_t *args)
{
	json_t *ids, *list, *missing, *id;
	struct str account;
	size_t i;
	if (!jmapbase_account(j, args, &account) || !jmapbase_ids(j, args, &ids))
		return NULL;
	if (ids == NULL)
		return jmapbase_fail(j, "requestTooLarge", "name the threads");
	struct str state = jmapbase_state(j, account, UINT64_MAX, NULL);
	if (state.n == 0)
		return NULL;
	list = json_array();
	missing = json_array();
	json_array_foreach(ids, i, id) {
		struct str name = jmapbase_text(id);
		struct thread t;
		json_t *in = NULL;
		bool whole = name.n == THREADS_ID_SIZE - 1 && name.p[0] == 't';
		int r = whole ? thread_find(j->db, j->a, &j->rights, name, &t, &j->err) : 0;
		if (r == 1)
			in = members(j, account, &t);
		if (in)
			json_array_append_new(list, json_pack("{s:O,s:o}", "id", id, "emailIds",
							      in));
		else
			json_array_append(missing, id);
	}
	return jmapbase_got(j, account, state, list, missing);
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
	uint64_t upto = UINT64_MAX;
	if (!jmapbase_account(j, args, &out->account) ||
	    !jmapbase_number(j, args, "maxChanges", MOST, &most))
		return false;
	if (most <= 0) {
		jmapbase_fail(j, "invalidArguments", "maxChanges");
		return false;
	}
	most = most > MOST ? MOST : most;
	if (!jmapbase_since(j, out->account, args, &out->since) ||
	    !jmapbase_added(j, out->account, out->since, (uint64_t)most + 1, &out->numbers,
			    &out->n))
		return false;
	out->more = out->n > (size_t)most;
	if (out->more) {
		out->n = (size_t)most;
		upto = out->numbers[out->n - 1];
	}
	out->state = jmapbase_state(j, out->account, upto, NULL);
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
		json_array_append_new(json_object_get(o, "created"), message_id(j, &m));
	}
	return o;
}

/* Adds a thread to created or updated, once. */
static int add_thread(struct jmap *j, const struct news *news, uint64_t number, json_t *seen,
		      json_t *o)
{
	struct thread t;
	int r = thread_list(j->db, j->a, &j->rights, number, &t, &j->err);
	if (r < 1 || json_object_get(seen, t.id.p))
		return r;
	json_object_set_new(seen, t.id.p, json_true());
	bool old = false;
	for (size_t i = 0; i < t.n; i++)
		old |= t.lines[i].kin->number <= news->since;
	json_array_append_new(json_object_get(o, old ? "updated" : "created"),
			      shape_text(j->a, t.id));
	return 1;
}

json_t *jmapthread_changes(struct jmap *j, json_t *args)
{
	struct news news;
	const uint64_t *gone = NULL;
	size_t n = 0;
	int r = 1;
	if (!read_news(j, args, &news))
		return NULL;
	if (j->rights.some)
		return jmapbase_fail(j, "cannotCalculateChanges", NULL);
	json_t *o = jmapbase_changes(j, news.account, args, news.state), *seen = json_object();
	json_object_set_new(o, "hasMoreChanges", json_boolean(news.more));
	for (size_t i = 0; i < news.n && r >= 0; i++)
		r = add_thread(j, &news, news.numbers[i], seen, o);
	if (r >= 0)
		r = thread_gone(j->db, j->a, news.since, &gone, &n, &j->err);
	for (size_t i = 0; i < n && r >= 0; i++) {
		char id[THREADS_ID_SIZE];
		threads_id(gone[i], id);
		json_array_append_new(json_object_get(o, "destroyed"), json_string(id));
	}
	json_decref(seen);
	if (r >= 0)
		return o;
	json_decref(o);
	return jmapbase_broken(j);
}
