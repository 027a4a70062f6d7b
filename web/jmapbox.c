#include "jmapbox.h"

#include "db.h"
#include "disposal.h"
#include "jmaprole.h"
#include "thread.h"
#include "uses.h"

#include <stdlib.h>

struct box {
	struct str name;
	char id[JMAPBASE_ID];
	ptrdiff_t parent; /* among the boxes, or -1 */
	const char *role; /* or NULL */
	int64_t total, unread, threads, unread_threads;
};

/* The mailboxes of an account; epochs come ordered by name. */
static struct box *list_boxes(struct jmap *j, struct str account, size_t *n)
{
	struct box *list = NULL;
	*n = 0;
	for (size_t i = 0; i < j->n_epochs; i++) {
		const struct archive_epoch *e = &j->epochs[i];
		if (!str_eq(e->account, account) || (*n && str_eq(list[*n - 1].name, e->mailbox)))
			continue;
		list = arena_grow(j->a, list, *n, sizeof *list);
		list[*n] = (struct box){.name = e->mailbox, .parent = -1};
		jmapbase_mailbox_id(j, account, e->mailbox, list[*n].id);
		++*n;
	}
	return list;
}

static bool find_roles(struct jmap *j, struct str account, struct box *list, size_t n)
{
	struct str uses;
	struct str *names = arena_alloc(j->a, (n + 1) * sizeof *names);
	const char **roles = arena_alloc(j->a, (n + 1) * sizeof *roles);
	for (size_t i = 0; i < n; i++)
		names[i] = list[i].name;
	if (uses_get(j->ar, j->a, account, &uses, &j->err) < 0) {
		jmapbase_broken(j);
		return false;
	}
	jmaprole_of(names, n, uses, roles);
	for (size_t i = 0; i < n; i++)
		list[i].role = roles[i];
	return true;
}

/* "A/B" lies in "A" when there is an "A": servers put '/' or '.' between. */
static void find_parents(struct box *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			struct str p = list[k].name, s = list[i].name;
			if (s.n > p.n + 1 && p.n && str_starts(s, p) &&
			    (s.p[p.n] == '/' || s.p[p.n] == '.') &&
			    (list[i].parent < 0 || list[list[i].parent].name.n < p.n))
				list[i].parent = (ptrdiff_t)k;
		}
}

/* ---- sums ---- */

/* What is known of each message, and what was counted last: by its number. */
struct tally {
	struct jmap *j;
	struct str account;
	struct box *list;
	size_t n;
	uint64_t last;
	unsigned char *marks;
	const uint32_t *labels;      /* of threads, NULL: they are not counted */
	uint32_t *counted, *threads; /* in which box, plus 1, the message, the thread was */
};
enum { READ = 1, OWN = 2, UNREAD_THREAD = 4 /* at its label */ };

/* A message has the keywords of all its copies; drafts are not unread (RFC 8621, 2). */
static int mark_messages(struct tally *t)
{
	sqlite3_stmt *st;
	struct db *db = archive_db(t->j->ar);
	int r = db_one(db, &t->j->err, &st,
		"SELECT c.message, c.flags FROM epochs e CROSS JOIN copies c ON c.epoch = e.epoch"
		" WHERE e.account = ?1", "s", t->account);
	for (; r == 1; r = db_step(db, st, &t->j->err)) {
		uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);
		int64_t read = sqlite3_column_int64(st, 1) & (ARCHIVE_SEEN | ARCHIVE_DRAFT);
		if (number <= t->last)
			t->marks[number] |= OWN | (read ? READ : 0);
	}
	return r;
}

/* What is masked is nobody's. A thread is unread when a message of it, in any mailbox, is. */
static int mark_rest(struct tally *t)
{
	struct jmap *j = t->j;
	const uint32_t *masked;
	size_t n;
	if (disposal_masked(j->ar, j->a, &masked, &n, &j->err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (masked[i] <= t->last)
			t->marks[masked[i]] = 0;
	for (uint64_t i = 1; t->labels && i <= t->last; i++)
		if ((t->marks[i] & OWN) && !(t->marks[i] & READ))
			t->marks[t->labels[i]] |= UNREAD_THREAD;
	return 1;
}

static void count_one(struct tally *t, size_t box, uint64_t number)
{
	struct box *b = &t->list[box];
	uint32_t place = (uint32_t)box + 1;
	if (number > t->last || !(t->marks[number] & OWN) || t->counted[number] == place)
		return;
	t->counted[number] = place;
	b->total++;
	b->unread += !(t->marks[number] & READ);
	if (t->labels == NULL || t->threads[t->labels[number]] == place)
		return;
	t->threads[t->labels[number]] = place;
	b->threads++;
	b->unread_threads += (t->marks[t->labels[number]] & UNREAD_THREAD) != 0;
}

/* All copies, one mailbox after the other; the boxes have the same order. */
static int count_boxes(struct tally *t)
{
	sqlite3_stmt *st;
	struct db *db = archive_db(t->j->ar);
	size_t box = 0;
	int r = db_one(db, &t->j->err, &st,
		"SELECT e.mailbox, c.message FROM epochs e CROSS JOIN copies c ON c.epoch = e.epoch"
		" WHERE e.account = ?1 ORDER BY e.account, e.mailbox", "s", t->account);
	for (; r == 1; r = db_step(db, st, &t->j->err)) {
		struct str name = db_str(st, 0);
		for (size_t i = 0; i < t->n && !str_eq(t->list[box].name, name); i++)
			box = (box + 1) % t->n;
		count_one(t, box, (uint64_t)sqlite3_column_int64(st, 1));
	}
	return r;
}

/* Two passes over the copies, and 13 bytes for each message of the archive. 1 or -1. */
static int count(struct jmap *j, struct str account, struct box *list, size_t n, bool threads)
{
	struct tally t = {.j = j, .account = account, .list = list, .n = n};
	if (archive_last(j->ar, &t.last, &j->err) < 0 ||
	    (threads && thread_labels(j->db, j->a, t.last, &t.labels, &j->err) < 0))
		return -1;
	t.marks = arena_alloc(j->a, t.last + 1);
	t.counted = arena_alloc(j->a, (t.last + 1) * sizeof *t.counted);
	t.threads = arena_alloc(j->a, (t.last + 1) * sizeof *t.threads);
	if (mark_messages(&t) < 0 || mark_rest(&t) < 0)
		return -1;
	return count_boxes(&t);
}

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

/* ---- as JSON ---- */

static json_t *shape(struct jmap *j, const struct box *list, size_t i, size_t order)
{
	const struct box *b = &list[i];
	struct str name = b->name;
	if (b->parent >= 0)
		name = str_cut(name, list[b->parent].name.n + 1, name.n);
	bool inbox = b->role && strcmp(b->role, "inbox") == 0;
	json_t *o = json_pack("{s:s,s:o,s:o,s:o,s:i,s:I,s:I,s:I,s:I,s:b}", "id", b->id, "name",
		shape_text(j->a, name), "parentId",
		b->parent < 0 ? json_null() : json_string(list[b->parent].id), "role",
		b->role ? json_string(b->role) : json_null(), "sortOrder",
		inbox ? 0 : (int)order + 1,
		"totalEmails", (json_int_t)b->total, "unreadEmails", (json_int_t)b->unread,
		"totalThreads", (json_int_t)b->threads, "unreadThreads",
		(json_int_t)b->unread_threads,
		"isSubscribed", 1);
	static const char *const no[] = {"mayAddItems", "mayRemoveItems", "maySetSeen",
					 "maySetKeywords", "mayCreateChild", "mayRename",
					 "mayDelete", "maySubmit"};
	json_t *rights = json_pack("{s:b}", "mayReadItems", 1);
	for (size_t k = 0; k < sizeof no / sizeof *no; k++)
		json_object_set_new(rights, no[k], json_false());
	json_object_set_new(o, "myRights", rights);
	return o;
}

/* Leaves only what "properties" asks for, and the id. */
static void select_properties(json_t *o, json_t *properties)
{
	const char *key;
	void *next;
	json_t *v, *p;
	size_t i;
	if (!json_is_array(properties))
		return;
	json_object_foreach_safe(o, next, key, v) {
		bool wanted = strcmp(key, "id") == 0;
		json_array_foreach(properties, i, p)
			wanted |= str_eq(jmapbase_text(p), str_of(key));
		if (!wanted)
			json_object_del(o, key);
	}
}

/* State of mailboxes: what is in them, and how many there are. */
static struct str box_state(struct jmap *j, struct str account, uint64_t upto, size_t n)
{
	struct str s = jmapbase_state(j, account, upto, NULL);
	return s.n ? arena_fmt(j->a, "%.*s-%zu", STR_ARG(s), n) : s;
}

json_t *jmapbox_get(struct jmap *j, json_t *args)
{
	json_t *ids, *list, *missing, *id;
	struct str account;
	size_t n, i;
	if (!jmapbase_account(j, args, &account) || !jmapbase_ids(j, args, &ids))
		return NULL;
	struct box *boxes = list_boxes(j, account, &n);
	find_parents(boxes, n);
	if (!find_roles(j, account, boxes, n))
		return NULL;
	if (count(j, account, boxes, n, wants_threads(args)) < 0)
		return jmapbase_broken(j);
	struct str state = box_state(j, account, UINT64_MAX, n);
	if (state.n == 0)
		return NULL;
	list = json_array();
	missing = json_array();
	for (i = 0; ids == NULL && i < n; i++)
		json_array_append_new(list, shape(j, boxes, i, i));
	json_array_foreach(ids, i, id) {
		size_t k = 0;
		while (k < n && !str_eq(str_of(boxes[k].id), jmapbase_text(id)))
			k++;
		if (k < n)
			json_array_append_new(list, shape(j, boxes, k, k));
		else
			json_array_append(missing, id);
	}
	json_array_foreach(list, i, id)
		select_properties(id, json_object_get(args, "properties"));
	return jmapbase_got(j, account, state, list, missing);
}

static bool fits(struct jmap *j, const struct box *boxes, size_t i, json_t *f)
{
	json_t *v;
	const char *key;
	json_object_foreach(f, key, v) {
		struct str s = jmapbase_text(v), role = str_of(boxes[i].role);
		bool yes = true;
		if (strcmp(key, "name") == 0)
			yes = str_find(boxes[i].name, s) >= 0;
		else if (strcmp(key, "role") == 0)
			yes = json_is_null(v) ? role.n == 0 : str_eq(role, s);
		else if (strcmp(key, "hasAnyRole") == 0)
			yes = json_is_true(v) == (role.n > 0);
		else if (strcmp(key, "parentId") == 0)
			yes = json_is_null(v) ? boxes[i].parent < 0
					      : boxes[i].parent >= 0 &&
						str_eq(s, str_of(boxes[boxes[i].parent].id));
		else if (strcmp(key, "isSubscribed") == 0)
			yes = json_is_true(v);
		else
			jmapbase_fail(j, "unsupportedFilter", NULL);
		if (!yes)
			return false;
	}
	return true;
}

json_t *jmapbox_query(struct jmap *j, json_t *args)
{
	struct str account;
	int64_t position, limit;
	size_t n, total = 0;
	char id[JMAPBASE_ID];
	if (!jmapbase_account(j, args, &account) ||
	    !jmapbase_number(j, args, "position", 0, &position) ||
	    !jmapbase_number(j, args, "limit", INT32_MAX, &limit))
		return NULL;
	struct box *boxes = list_boxes(j, account, &n);
	find_parents(boxes, n);
	if (!find_roles(j, account, boxes, n))
		return NULL;
	struct str state = box_state(j, account, UINT64_MAX, n);
	json_t *ids = json_array(), *filter = json_object_get(args, "filter");
	if (filter && json_object_get(filter, "operator"))
		jmapbase_fail(j, "unsupportedFilter", "operator");
	for (size_t i = 0; i < n && !j->error; i++)
		if (fits(j, boxes, i, filter)) {
			total++;
			json_array_append_new(ids, json_string(boxes[i].id));
		}
	if (limit < 0)
		jmapbase_fail(j, "invalidArguments", "limit");
	if (state.n == 0 || j->error) {
		json_decref(ids);
		return NULL;
	}
	if (position < 0)
		position = position + (int64_t)total > 0 ? position + (int64_t)total : 0;
	json_t *page = json_array();
	for (int64_t i = position; i < (int64_t)total && i - position < limit; i++)
		json_array_append(page, json_array_get(ids, (size_t)i));
	json_decref(ids);
	jmapbase_account_id(j, account, id);
	return json_pack("{s:s,s:o,s:b,s:I,s:o,s:I}", "accountId", id, "queryState",
			 shape_text(j->a, state), "canCalculateChanges", 0, "position",
			 (json_int_t)position, "ids", page, "total", (json_int_t)total);
}

/* Which mailboxes got the messages that came. 1 or -1. */
static int add_changed(struct jmap *j, const struct box *boxes, size_t n, const uint64_t *numbers,
		       size_t n_numbers, json_t *o)
{
	bool *changed = arena_alloc(j->a, n + 1);
	for (size_t i = 0; i < n_numbers; i++) {
		const struct archive_copy *copies;
		size_t n_copies;
		if (archive_copies(j->ar, j->a, numbers[i], &copies, &n_copies, &j->err) < 0)
			return -1;
		for (size_t c = 0; c < n_copies; c++) {
			const struct archive_epoch *e = jmapbase_epoch(j, copies[c].epoch);
			for (size_t k = 0; e && k < n; k++)
				changed[k] |= str_eq(boxes[k].name, e->mailbox);
		}
	}
	for (size_t k = 0; k < n; k++)
		if (changed[k])
			json_array_append_new(json_object_get(o, "updated"),
					      json_string(boxes[k].id));
	return 1;
}

json_t *jmapbox_changes(struct jmap *j, json_t *args)
{
	enum { MOST = 10000 };
	struct str account, since = jmapbase_text(json_object_get(args, "sinceState"));
	const uint64_t *numbers;
	uint64_t from, n_then;
	size_t n, n_numbers;
	if (!jmapbase_account(j, args, &account))
		return NULL;
	struct box *boxes = list_boxes(j, account, &n);
	struct str state = box_state(j, account, UINT64_MAX, n), rest = since, number, sum;
	if (state.n == 0)
		return NULL;
	if (!str_split(&rest, '-', &number) || !str_split(&rest, '-', &sum) ||
	    str_u64(number, &from) != 1 || str_u64(rest, &n_then) != 1 || n_then != n ||
	    from > INT64_MAX)
		return jmapbase_fail(j, "cannotCalculateChanges", NULL);
	if (!str_eq(box_state(j, account, from, n), since))
		return jmapbase_fail(j, j->error ? j->error : "cannotCalculateChanges", NULL);
	if (!jmapbase_added(j, account, from, MOST, &numbers, &n_numbers))
		return NULL;
	if (n_numbers == MOST)
		return jmapbase_fail(j, "cannotCalculateChanges", "too many");
	json_t *o = jmapbase_changes(j, account, args, state);
	if (add_changed(j, boxes, n, numbers, n_numbers, o) < 0) {
		json_decref(o);
		return jmapbase_broken(j);
	}
	json_object_set_new(o, "updatedProperties",
			    json_pack("[ssss]", "totalEmails", "unreadEmails", "totalThreads",
				      "unreadThreads"));
	return o;
}
