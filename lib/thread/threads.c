#define _GNU_SOURCE
#include "threads.h"

#include "db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VERSION 1

static const char schema[] =
	"PRAGMA journal_mode=WAL; BEGIN;"
	"CREATE TABLE state(id INTEGER PRIMARY KEY, version, done, run);"
	"INSERT INTO state VALUES(1, 1, 0, 0);"
	"CREATE TABLE member(number INTEGER PRIMARY KEY, thread INTEGER NOT NULL, date INTEGER,"
	" hash INTEGER, id INTEGER, reply INTEGER, refs BLOB);"
	"CREATE INDEX member_thread ON member(thread);"
	"CREATE TABLE thread(thread INTEGER PRIMARY KEY, n INTEGER, date INTEGER, hash INTEGER);"
	"CREATE TABLE key(key INTEGER PRIMARY KEY, number INTEGER);"
	"CREATE TABLE waiting(key INTEGER, number INTEGER, PRIMARY KEY(key, number))"
	" WITHOUT ROWID;"
	"CREATE TABLE gone(at INTEGER, hash INTEGER);"
	"CREATE INDEX gone_at ON gone(at);"
	"COMMIT;";

struct threads {
	struct db *db;
};

/* ---- opening ---- */

static void path_of(char *out, size_t n, const char *dir)
{
	snprintf(out, n, "%s/threads.db", dir);
}

static void remove_files(const char *path)
{
	char beside[4200];
	unlink(path);
	snprintf(beside, sizeof beside, "%s-wal", path);
	unlink(beside);
	snprintf(beside, sizeof beside, "%s-shm", path);
	unlink(beside);
}

static bool good_version(struct threads *t)
{
	struct err err = {0};
	sqlite3_stmt *st;
	int64_t version = 0;
	if (db_one(t->db, &err, &st, "SELECT version FROM state WHERE id = 1", "") == 1) {
		version = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return version == VERSION;
}

static int open_mode(struct threads **out, const char *path, enum db_mode mode, struct err *err)
{
	struct threads *t = err_alloc(sizeof *t);
	int r = db_open(&t->db, path, mode, err);
	if (r > 0 && good_version(t)) {
		*out = t;
		return 1;
	}
	threads_close(&t);
	return r < 0 ? -1 : 0;
}

int threads_create(struct threads **out, const char *dir, struct err *err)
{
	char path[4096];
	path_of(path, sizeof path, dir);
	if (access(path, F_OK) == 0 && open_mode(out, path, DB_WRITE, err) == 1)
		return db_exec((*out)->db, "PRAGMA synchronous=NORMAL", err);
	remove_files(path); /* it can be made anew */
	struct threads *t = err_alloc(sizeof *t);
	if (db_open(&t->db, path, DB_CREATE, err) < 0 || db_exec(t->db, schema, err) < 0 ||
	    db_exec(t->db, "PRAGMA synchronous=NORMAL", err) < 0) {
		threads_close(&t);
		return -1;
	}
	*out = t;
	return 1;
}

int threads_open(struct threads **out, const char *dir, struct err *err)
{
	char path[4096];
	path_of(path, sizeof path, dir);
	return access(path, F_OK) < 0 ? 0 : open_mode(out, path, DB_READ, err);
}

void threads_close(struct threads **t)
{
	if (*t == NULL)
		return;
	db_close(&(*t)->db);
	free(*t);
	*t = NULL;
}

static int number_of(struct threads *t, const char *sql, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(t->db, err, &st, sql, "");
	if (r == 1) {
		*out = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return r;
}

int threads_done(struct threads *t, uint64_t *out, struct err *err)
{
	int64_t done = 0;
	int r = number_of(t, "SELECT done FROM state WHERE id = 1", &done, err);
	*out = (uint64_t)done;
	return r < 0 ? -1 : 1;
}

/* ---- a batch: sets of messages and of threads that were there ---- */

struct claim {
	uint64_t key;
	uint32_t node;
	bool joins;
};

struct node {
	uint32_t up;          /* the set it is in */
	const struct kin *kin; /* NULL: a thread that was there */
	int64_t label;        /* of that */
	uint32_t next;        /* of the same set, plus 1 */
};

struct batch {
	struct threads *t;
	struct arena a;
	struct node *nodes;
	size_t n_nodes;
	uint32_t *places; /* label -> node plus 1; open addressing */
	size_t n_places, used;
	struct claim *claims;
	size_t n_claims;
};

static uint32_t top(struct batch *b, uint32_t i)
{
	while (b->nodes[i].up != i) {
		b->nodes[i].up = b->nodes[b->nodes[i].up].up;
		i = b->nodes[i].up;
	}
	return i;
}

static void join(struct batch *b, uint32_t x, uint32_t y)
{
	x = top(b, x);
	y = top(b, y);
	if (x < y)
		b->nodes[y].up = x;
	else
		b->nodes[x].up = y;
}

static uint32_t add_node(struct batch *b, const struct kin *kin, int64_t label)
{
	uint32_t i = (uint32_t)b->n_nodes;
	b->nodes = arena_grow(&b->a, b->nodes, b->n_nodes, sizeof *b->nodes);
	b->nodes[b->n_nodes++] = (struct node){i, kin, label, 0};
	return i;
}

static size_t place_of(const struct batch *b, int64_t label)
{
	size_t at = ((uint64_t)label * UINT64_C(0x9E3779B97F4A7C15)) >> 20 & (b->n_places - 1);
	while (b->places[at] && b->nodes[b->places[at] - 1].label != label)
		at = (at + 1) & (b->n_places - 1);
	return at;
}

static void grow_places(struct batch *b)
{
	uint32_t *old = b->places;
	size_t n = b->n_places;
	b->n_places = n ? 2 * n : 1024;
	b->places = arena_alloc(&b->a, b->n_places * sizeof *b->places);
	for (size_t i = 0; i < n; i++)
		if (old[i])
			b->places[place_of(b, b->nodes[old[i] - 1].label)] = old[i];
}

/* The node of a thread that was there. */
static uint32_t old_thread(struct batch *b, int64_t label)
{
	if (2 * b->used >= b->n_places)
		grow_places(b);
	size_t at = place_of(b, label);
	if (b->places[at] == 0) {
		b->places[at] = add_node(b, NULL, label) + 1;
		b->used++;
	}
	return b->places[at] - 1;
}

static void add_claim(struct batch *b, uint64_t key, uint32_t node, bool joins)
{
	b->claims = arena_grow(&b->a, b->claims, b->n_claims, sizeof *b->claims);
	b->claims[b->n_claims++] = (struct claim){key, node, joins};
}

static void collect(struct batch *b, const struct kin *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t node = add_node(b, &list[i], 0);
		for (unsigned k = 0; k < list[i].n_firm; k++)
			add_claim(b, list[i].firm[k], node, true);
		for (unsigned k = 0; k < list[i].n_loose; k++)
			add_claim(b, list[i].loose[k], node, list[i].asks);
	}
}

static int by_key(const void *x, const void *y)
{
	const struct claim *a = x, *b = y;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* Of the message that has a key already. 1; 0 nobody; -1. */
static int owner(struct batch *b, uint64_t key, uint32_t *node, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(b->t->db, err, &st,
		       "SELECT m.thread FROM key k JOIN member m ON m.number = k.number"
		       " WHERE k.key = ?1", "i", (int64_t)key);
	if (r == 1) {
		*node = old_thread(b, sqlite3_column_int64(st, 0));
		db_done(st);
	}
	return r;
}

/* A reply has come: those who waited for one are of its thread. */
static int wake(struct batch *b, uint64_t key, uint32_t node, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(b->t->db, err, &st,
		       "SELECT m.thread FROM waiting w JOIN member m ON m.number = w.number"
		       " WHERE w.key = ?1", "i", (int64_t)key);
	if (r < 1)
		return r;
	do
		join(b, node, old_thread(b, sqlite3_column_int64(st, 0)));
	while ((r = db_step(b->t->db, st, err)) == 1);
	return r < 0 ? -1 : db_do(b->t->db, err, "DELETE FROM waiting WHERE key = ?1", "i",
				  (int64_t)key);
}

static int64_t member_of(const struct batch *b, uint32_t node)
{
	const struct node *x = &b->nodes[node];
	return x->kin ? (int64_t)x->kin->number : x->label;
}

static int settle(struct batch *b, const struct claim *c, size_t n, struct err *err)
{
	uint32_t node;
	bool joins = false;
	for (size_t i = 0; i < n; i++)
		joins |= c[i].joins;
	int r = owner(b, c->key, &node, err);
	if (r < 0)
		return -1;
	if (r == 0 && !joins) {
		for (size_t i = 0; i < n; i++)
			if (db_do(b->t->db, err, "INSERT OR IGNORE INTO waiting VALUES(?1, ?2)",
				  "ii", (int64_t)c->key, member_of(b, c[i].node)) < 0)
				return -1;
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		join(b, r == 1 ? node : c->node, c[i].node);
	if (r == 1)
		return 1;
	if (wake(b, c->key, c->node, err) < 0)
		return -1;
	return db_do(b->t->db, err, "INSERT INTO key VALUES(?1, ?2)", "ii", (int64_t)c->key,
		     member_of(b, c->node));
}

static int settle_all(struct batch *b, struct err *err)
{
	if (b->n_claims)
		qsort(b->claims, b->n_claims, sizeof *b->claims, by_key);
	for (size_t i = 0, n; i < b->n_claims; i += n) {
		for (n = 1; i + n < b->n_claims && b->claims[i + n].key == b->claims[i].key;)
			n++;
		if (settle(b, &b->claims[i], n, err) < 0)
			return -1;
	}
	return 1;
}

/* ---- writing the sets ---- */

struct sum {
	int64_t n, date, hash;
};

/* Whose message is the first? Hashes as numbers without sign. */
static bool is_before(int64_t date, int64_t hash, const struct sum *s)
{
	return date != s->date ? date < s->date : (uint64_t)hash < (uint64_t)s->hash;
}

static void take_in(struct sum *s, int64_t n, int64_t date, int64_t hash)
{
	if (s->n == 0 || is_before(date, hash, s)) {
		s->date = date;
		s->hash = hash;
	}
	s->n += n;
}

/* A thread of one message has no row of its own. */
static int read_sum(struct threads *t, int64_t label, struct sum *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(t->db, err, &st, "SELECT n, date, hash FROM thread WHERE thread = ?1", "i",
		       label);
	if (r == 0)
		r = db_one(t->db, err, &st, "SELECT 1, date, hash FROM member WHERE number = ?1",
			   "i", label);
	if (r == 1) {
		*out = (struct sum){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
				    sqlite3_column_int64(st, 2)};
		db_done(st);
	}
	return r;
}

static int insert(struct threads *t, const struct kin *k, int64_t label, struct err *err)
{
	struct str refs = {(const char *)k->refs, k->n_refs * sizeof *k->refs};
	return db_do(t->db, err, "INSERT INTO member VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		     "iiiiiib", (int64_t)k->number, label, k->date, (int64_t)k->hash,
		     (int64_t)k->id, (int64_t)k->reply, refs);
}

/* The thread that keeps its label: the largest, so that few rows change. */
static int choose(struct batch *b, uint32_t first, int64_t *label, struct sum *sum,
		  struct err *err)
{
	int64_t most = 0;
	*label = 0;
	for (uint32_t i = first + 1; i; i = b->nodes[i - 1].next) {
		const struct node *x = &b->nodes[i - 1];
		struct sum s;
		if (x->kin) {
			take_in(sum, 1, x->kin->date, (int64_t)x->kin->hash);
			continue;
		}
		if (read_sum(b->t, x->label, &s, err) < 0)
			return -1;
		take_in(sum, s.n, s.date, s.hash);
		if (s.n > most || (s.n == most && x->label < *label)) {
			most = s.n;
			*label = x->label;
		}
	}
	if (*label == 0)
		*label = (int64_t)b->nodes[first].kin->number;
	return 1;
}

/* An old thread of the set: its messages get the label, and its name may be gone. */
static int rename_thread(struct threads *t, int64_t old, int64_t label, const struct sum *sum,
			 struct err *err)
{
	struct sum was;
	if (read_sum(t, old, &was, err) < 0)
		return -1;
	if (was.hash != sum->hash &&
	    db_do(t->db, err, "INSERT INTO gone SELECT done, ?1 FROM state", "i", was.hash) < 0)
		return -1;
	if (old == label)
		return 1;
	if (db_do(t->db, err, "DELETE FROM thread WHERE thread = ?1", "i", old) < 0)
		return -1;
	return db_do(t->db, err, "UPDATE member SET thread = ?1 WHERE thread = ?2", "ii", label,
		     old);
}

static int write_set(struct batch *b, uint32_t first, struct err *err)
{
	struct sum sum = {0};
	int64_t label;
	if (choose(b, first, &label, &sum, err) < 0)
		return -1;
	for (uint32_t i = first + 1; i; i = b->nodes[i - 1].next) {
		const struct node *x = &b->nodes[i - 1];
		if (!x->kin && rename_thread(b->t, x->label, label, &sum, err) < 0)
			return -1;
	}
	if (sum.n > 1 && db_do(b->t->db, err, "INSERT OR REPLACE INTO thread VALUES(?1,?2,?3,?4)",
			       "iiii", label, sum.n, sum.date, sum.hash) < 0)
		return -1;
	for (uint32_t i = first + 1; i; i = b->nodes[i - 1].next)
		b->nodes[i - 1].label = label; /* for the rows of messages */
	return 1;
}

static int write_all(struct batch *b, struct err *err)
{
	/* The set of a node is headed by its least node; the others hang behind, in order. */
	for (size_t i = b->n_nodes; i-- > 0;) {
		uint32_t head = top(b, (uint32_t)i);
		if (head == i)
			continue;
		b->nodes[i].next = b->nodes[head].next;
		b->nodes[head].next = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < b->n_nodes; i++)
		if (b->nodes[i].up == i && write_set(b, (uint32_t)i, err) < 0)
			return -1;
	for (size_t i = 0; i < b->n_nodes; i++)
		if (b->nodes[i].kin && insert(b->t, b->nodes[i].kin, b->nodes[i].label, err) < 0)
			return -1;
	return 1;
}

static int finish(struct batch *b, int r, struct err *err)
{
	struct err ignored;
	arena_free(&b->a);
	if (r >= 0)
		r = db_exec(b->t->db, "COMMIT", err);
	if (r < 0)
		db_exec(b->t->db, "ROLLBACK", &ignored);
	return r < 0 ? -1 : 1;
}

int threads_add(struct threads *t, const struct kin *list, size_t n, struct err *err)
{
	struct batch b = {.t = t};
	if (n == 0)
		return 1;
	if (db_exec(t->db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	int r = db_do(t->db, err, "UPDATE state SET done = ?1", "i",
		      (int64_t)list[n - 1].number);
	collect(&b, list, n);
	if (r >= 0)
		r = settle_all(&b, err);
	if (r >= 0)
		r = write_all(&b, err);
	return finish(&b, r, err);
}

/* ---- what servers said ---- */

static int claim_copies(struct batch *b, struct archive *ar, const struct archive_epoch *e,
			int64_t run, struct err *err)
{
	struct arena a = {0};
	sqlite3_stmt *st;
	uint64_t done;
	if (threads_done(b->t, &done, err) < 0)
		return -1;
	int r = db_one(archive_db(ar), err, &st,
		       "SELECT message, threadid FROM copies WHERE epoch = ?1 AND run >= ?2"
		       " AND message <= ?3 AND threadid <> ''", "iii", e->id, run, (int64_t)done);
	while (r == 1) {
		struct threads_name name;
		uint64_t key = kin_server(&a, e->account, db_str(st, 1));
		r = threads_of(b->t, (uint64_t)sqlite3_column_int64(st, 0), &name, err);
		if (r == 1)
			add_claim(b, key, old_thread(b, (int64_t)name.label), true);
		arena_reset(&a);
		r = r < 0 ? -1 : db_step(archive_db(ar), st, err);
	}
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

int threads_servers(struct threads *t, struct archive *ar, struct err *err)
{
	struct batch b = {.t = t};
	const struct archive_epoch *list;
	size_t n;
	int64_t run = 0, newest = 0;
	uint64_t last, done;
	if (number_of(t, "SELECT run FROM state WHERE id = 1", &run, err) < 0 ||
	    archive_last(ar, &last, err) < 0 || threads_done(t, &done, err) < 0 ||
	    archive_epochs(ar, &b.a, &list, &n, err) < 0 ||
	    db_exec(t->db, "BEGIN IMMEDIATE", err) < 0) {
		arena_free(&b.a);
		return -1;
	}
	int r = 1;
	for (size_t i = 0; i < n && r >= 0; i++) {
		if (list[i].run >= run)
			r = claim_copies(&b, ar, &list[i], run, err);
		newest = list[i].run > newest ? list[i].run : newest;
	}
	if (r >= 0)
		r = settle_all(&b, err);
	if (r >= 0)
		r = write_all(&b, err);
	if (r >= 0 && done == last) /* else some copies must be looked at again */
		r = db_do(t->db, err, "UPDATE state SET run = ?1", "i", newest);
	return finish(&b, r, err);
}

/* ---- reading ---- */

void threads_id(uint64_t hash, char out[THREADS_ID_SIZE])
{
	snprintf(out, THREADS_ID_SIZE, "t%016llx", (unsigned long long)hash);
}

int threads_of(struct threads *t, uint64_t number, struct threads_name *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(t->db, err, &st,
		       "SELECT m.thread, coalesce(t.n, 1), coalesce(t.hash, m.hash) FROM member m"
		       " LEFT JOIN thread t ON t.thread = m.thread WHERE m.number = ?1", "i",
		       (int64_t)number);
	if (r == 1) {
		*out = (struct threads_name){.label = (uint64_t)sqlite3_column_int64(st, 0),
					     .n = (uint64_t)sqlite3_column_int64(st, 1),
					     .hash = (uint64_t)sqlite3_column_int64(st, 2)};
		db_done(st);
	}
	return r;
}

static void read_member(sqlite3_stmt *st, struct kin *k)
{
	struct str refs = db_str(st, 5);
	*k = (struct kin){.number = (uint64_t)sqlite3_column_int64(st, 0),
			  .date = sqlite3_column_int64(st, 1),
			  .hash = (uint64_t)sqlite3_column_int64(st, 2),
			  .id = (uint64_t)sqlite3_column_int64(st, 3),
			  .reply = sqlite3_column_int(st, 4)};
	k->n_refs = (uint8_t)(refs.n > sizeof k->refs ? KIN_REFS : refs.n / sizeof *k->refs);
	if (k->n_refs)
		memcpy(k->refs, refs.p, k->n_refs * sizeof *k->refs);
}

int threads_labels(struct threads *t, struct arena *a, uint64_t last, const uint32_t **out,
		   struct err *err)
{
	sqlite3_stmt *st;
	uint32_t *labels = arena_alloc(a, (last + 1) * sizeof *labels);
	for (uint64_t i = 0; i <= last; i++)
		labels[i] = (uint32_t)i;
	/* The index alone answers this: the rows are much larger. */
	int r = t == NULL ? 0 : db_one(t->db, err, &st,
		"SELECT number, thread FROM member INDEXED BY member_thread", "");
	for (; r == 1; r = db_step(t->db, st, err)) {
		uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);
		uint64_t label = (uint64_t)sqlite3_column_int64(st, 1);
		if (number > 0 && number <= last && label <= last)
			labels[number] = (uint32_t)label;
	}
	*out = labels;
	return r < 0 ? -1 : 1;
}

int threads_members(struct threads *t, struct arena *a, uint64_t label, const struct kin **out,
		    size_t *n, struct err *err)
{
	sqlite3_stmt *st;
	struct kin *list = NULL;
	size_t count = 0;
	int r = db_one(t->db, err, &st,
		       "SELECT number, date, hash, id, reply, refs FROM member WHERE thread = ?1"
		       " ORDER BY number LIMIT ?2", "ii", (int64_t)label, (int64_t)THREADS_MOST);
	for (; r == 1; r = db_step(t->db, st, err)) {
		list = arena_grow(a, list, count, sizeof *list);
		read_member(st, &list[count++]);
	}
	*out = list;
	*n = count;
	return r < 0 ? -1 : 1;
}

int threads_gone(struct threads *t, struct arena *a, uint64_t since, const uint64_t **out,
		 size_t *n, struct err *err)
{
	sqlite3_stmt *st;
	uint64_t *list = NULL;
	size_t count = 0;
	int r = db_one(t->db, err, &st, "SELECT hash FROM gone WHERE at > ?1", "i",
		       (int64_t)since);
	for (; r == 1; r = db_step(t->db, st, err)) {
		list = arena_grow(a, list, count, sizeof *list);
		list[count++] = (uint64_t)sqlite3_column_int64(st, 0);
	}
	*out = list;
	*n = count;
	return r < 0 ? -1 : 1;
}
