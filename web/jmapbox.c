#include "jmapbox.h"

#include "jmapboxes.h"
#include "jmapset.h"

/* Are they asked for? */
static bool wants_threads(json_t *args)
{
	json_t *list = json_object_get(args, "properties"), *p;
	size_t i;
	json_array_foreach(list, i, p)
		if (str_ends(jmapbase_text(p), STR("Threads")))
			return true;
	return !json_is_array(list);
}

static const char *const no_rights[] = {"mayAddItems", "mayRemoveItems", "maySetSeen",
	"maySetKeywords", "mayCreateChild", "mayRename", "mayDelete", "maySubmit"};

static json_t *shape(struct jmap *j, const struct jmapboxes *boxes, size_t i)
{
	const struct jmapboxes_box *b = &boxes->list[i];
	json_t *rights = json_pack("{s:b}", "mayReadItems", 1);
	for (size_t k = 0; k < sizeof no_rights / sizeof *no_rights; k++)
		json_object_set_new(rights, no_rights[k], json_false());
	return json_pack("{s:s,s:o,s:o,s:o,s:i,s:I,s:I,s:I,s:I,s:b,s:o}", "id", b->id, "name",
		shape_text(j->a, b->label), "parentId",
		b->parent < 0 ? json_null() : json_string(boxes->list[b->parent].id), "role",
		b->role ? json_string(b->role) : json_null(), "sortOrder", b->order, "totalEmails",
		(json_int_t)b->total, "unreadEmails", (json_int_t)b->unread, "totalThreads",
		(json_int_t)b->threads, "unreadThreads", (json_int_t)b->unread_threads,
		"isSubscribed", 1, "myRights", rights);
}

static bool is_property(json_t *v)
{
	static const char *const all[] = {"id", "name", "parentId", "role", "sortOrder",
		"totalEmails", "unreadEmails", "totalThreads", "unreadThreads", "isSubscribed",
		"myRights"};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(jmapbase_text(v), str_of(all[i])))
			return true;
	return false;
}

json_t *jmapbox_get(struct jmap *j, json_t *args)
{
	json_t *ids, *list, *missing, *id;
	struct jmapboxes b;
	struct str account;
	size_t i;
	if (!jmapbase_account(j, args, &account) || !jmapbase_ids(j, args, &ids) ||
	    !jmapbase_properties(j, args, is_property) || !jmapboxes_read(j, account, &b))
		return NULL;
	struct str state = jmapboxes_state(j, &b, UINT64_MAX); /* what comes now is told later */
	if (state.n == 0 || !jmapboxes_count(j, &b, wants_threads(args)))
		return NULL;
	list = json_array();
	missing = json_array();
	for (i = 0; ids == NULL && i < b.n; i++)
		json_array_append_new(list, shape(j, &b, i));
	json_array_foreach(ids, i, id) {
		size_t k = 0;
		while (k < b.n && !str_eq(str_of(b.list[k].id), jmapbase_text(id)))
			k++;
		if (k < b.n)
			json_array_append_new(list, shape(j, &b, k));
		else
			json_array_append(missing, id);
	}
	json_array_foreach(list, i, id)
		jmapbase_select(id, args);
	return jmapbase_got(j, account, state, list, missing);
}

/* All messages of the threads of those that came: of a mailbox with one of them the numbers of
 * threads may be others. 1; 0 the error is set. */
static int read_threads(struct jmap *j, const uint64_t *numbers, size_t n, struct jmapset *out)
{
	uint32_t *list = arena_alloc(j->a, (n + 1) * sizeof *list);
	for (size_t i = 0; i < n; i++)
		list[i] = (uint32_t)numbers[i];
	return jmapset_threads(j, &(struct jmapset){list, n}, out);
}

/* Which mailboxes they are in. 1 or -1. */
static int add_changed(struct jmap *j, const struct jmapboxes *b, const struct jmapset *s,
		       json_t *o)
{
	bool *changed = arena_alloc(j->a, b->n + 1);
	for (size_t i = 0; i < s->n; i++) {
		const struct archive_copy *copies;
		size_t n_copies;
		if (archive_copies(j->ar, j->a, s->list[i], &copies, &n_copies, &j->err) < 0)
			return -1;
		for (size_t c = 0; c < n_copies; c++) {
			const struct archive_epoch *e = jmapbase_epoch(j, copies[c].epoch);
			bool own = e && str_eq(e->account, b->account);
			for (size_t k = 0; own && k < b->n; k++)
				changed[k] |= str_eq(b->list[k].name, e->mailbox);
		}
	}
	for (size_t k = 0; k < b->n; k++)
		if (changed[k])
			json_array_append_new(json_object_get(o, "updated"),
					      json_string(b->list[k].id));
	return 1;
}

/* The state "N-D-TAIL": is it one of these mailboxes, and how far did it reach? */
static bool read_state(struct jmap *j, const struct jmapboxes *b, json_t *args, uint64_t *from)
{
	json_t *given = json_object_get(args, "sinceState");
	struct str since = jmapbase_text(given), rest = since, number, sum;
	if (!json_is_string(given)) {
		jmapbase_fail(j, "invalidArguments", "sinceState");
		return false;
	}
	bool good = str_split(&rest, '-', &number) && str_split(&rest, '-', &sum) &&
		    str_u64(number, from) == 1 && *from <= INT64_MAX && str_eq(rest, b->tail) &&
		    str_eq(jmapboxes_state(j, b, *from), since);
	if (!good && !j->error)
		jmapbase_fail(j, "cannotCalculateChanges", NULL);
	return good;
}

json_t *jmapbox_changes(struct jmap *j, json_t *args)
{
	enum { MOST = 10000 };
	struct jmapset changed;
	struct jmapboxes b;
	struct str account;
	const uint64_t *numbers;
	uint64_t from;
	int64_t most;
	size_t n;
	if (!jmapbase_account(j, args, &account) ||
	    !jmapbase_number(j, args, "maxChanges", INT64_MAX, &most))
		return NULL;
	if (most <= 0)
		return jmapbase_fail(j, "invalidArguments", "maxChanges");
	if (!jmapboxes_read(j, account, &b))
		return NULL;
	struct str state = jmapboxes_state(j, &b, UINT64_MAX);
	if (state.n == 0 || !read_state(j, &b, args, &from) ||
	    !jmapbase_added(j, account, from, MOST, &numbers, &n) ||
	    !read_threads(j, numbers, n, &changed))
		return NULL;
	if (n == MOST || changed.n > MOST)
		return jmapbase_fail(j, "cannotCalculateChanges", "too many");
	json_t *o = jmapbase_changes(j, account, args, state);
	if (add_changed(j, &b, &changed, o) < 0) {
		json_decref(o);
		return jmapbase_broken(j);
	}
	/* There is no state in between that could be named. */
	if ((int64_t)json_array_size(json_object_get(o, "updated")) > most) {
		json_decref(o);
		return jmapbase_fail(j, "cannotCalculateChanges", "maxChanges");
	}
	json_object_set_new(o, "updatedProperties",
			    json_pack("[ssss]", "totalEmails", "unreadEmails", "totalThreads",
				      "unreadThreads"));
	return o;
}
