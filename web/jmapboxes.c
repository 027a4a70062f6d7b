#include "jmapboxes.h"

#include "db.h"
#include "disposal.h"
#include "jmaprole.h"
#include "thread.h"
#include "uses.h"

/* ---- what there is ---- */

/* Epochs come ordered by name. */
static void list_boxes(struct jmap *j, struct jmapboxes *b)
{
	for (size_t i = 0; i < j->n_epochs; i++) {
		const struct archive_epoch *e = &j->epochs[i];
		if (!str_eq(e->account, b->account) ||
		    (b->n && str_eq(b->list[b->n - 1].name, e->mailbox)))
			continue;
		b->list = arena_grow(j->a, b->list, b->n, sizeof *b->list);
		b->list[b->n] = (struct jmapboxes_box){.name = e->mailbox, .parent = -1};
		jmapbase_mailbox_id(j, b->account, e->mailbox, b->list[b->n].id);
		b->n++;
	}
}

/* "A/B" lies in "A" when there is an "A": servers put '/' or '.' between. */
static void find_parents(struct jmapboxes_box *list, size_t n)
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

static void find_labels(struct jmapboxes *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct jmapboxes_box *x = &b->list[i];
		x->order = x->role && strcmp(x->role, "inbox") == 0 ? 0 : (int)i + 1;
		x->label = x->parent < 0 ? x->name
			 : str_cut(x->name, b->list[x->parent].name.n + 1, x->name.n);
	}
}

static struct str tail_of(struct jmap *j, const struct jmapboxes *b, struct str uses)
{
	unsigned char hash[HASH_BYTES];
	char hex[17];
	hash_of(arena_fmt(j->a, "%zu %.*s", b->n, STR_ARG(uses)), hash);
	hash_hex(hash, 8, hex);
	return arena_str(j->a, str_of(hex));
}

int jmapboxes_read(struct jmap *j, struct str account, struct jmapboxes *out)
{
	struct str uses;
	*out = (struct jmapboxes){.account = account};
	list_boxes(j, out);
	find_parents(out->list, out->n);
	struct str *names = arena_alloc(j->a, (out->n + 1) * sizeof *names);
	const char **roles = arena_alloc(j->a, (out->n + 1) * sizeof *roles);
	for (size_t i = 0; i < out->n; i++)
		names[i] = out->list[i].name;
	if (uses_get(j->ar, j->a, account, &uses, &j->err) < 0) {
		jmapbase_broken(j);
		return 0;
	}
	jmaprole_of(names, out->n, uses, roles);
	for (size_t i = 0; i < out->n; i++)
		out->list[i].role = roles[i];
	find_labels(out);
	out->tail = tail_of(j, out, uses);
	return 1;
}

struct str jmapboxes_state(struct jmap *j, const struct jmapboxes *b, uint64_t upto)
{
	struct str s = jmapbase_state(j, b->account, upto, NULL);
	return s.n ? arena_fmt(j->a, "%.*s-%.*s", STR_ARG(s), STR_ARG(b->tail)) : s;
}

/* ---- sums ---- */

/* What is known of each message, and what was counted last: by its number. */
struct tally {
	struct jmap *j;
	struct str account;
	struct jmapboxes_box *list;
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
	struct jmapboxes_box *b = &t->list[box];
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
		if (t->n && str_eq(t->list[box].name, name)) /* else it is new */
			count_one(t, box, (uint64_t)sqlite3_column_int64(st, 1));
	}
	return r;
}

int jmapboxes_count(struct jmap *j, struct jmapboxes *b, bool threads)
{
	struct tally t = {.j = j, .account = b->account, .list = b->list, .n = b->n};
	bool good = archive_last(j->ar, &t.last, &j->err) >= 0 &&
		    (!threads || thread_labels(j->db, j->a, t.last, &t.labels, &j->err) >= 0);
	if (good) {
		t.marks = arena_alloc(j->a, t.last + 1);
		t.counted = arena_alloc(j->a, (t.last + 1) * sizeof *t.counted);
		t.threads = arena_alloc(j->a, (t.last + 1) * sizeof *t.threads);
		good = mark_messages(&t) >= 0 && mark_rest(&t) >= 0 && count_boxes(&t) >= 0;
	}
	if (!good)
		jmapbase_broken(j);
	return good;
}
