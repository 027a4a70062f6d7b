#define _GNU_SOURCE
#include "thread.h"

#include <stdio.h>
#include <stdlib.h>

#include "disposal.h"
#include "match.h"
#include "noindex.h"

void thread_close(struct thread_table *x)
{
	threads_close(&x->t);
	x->dir[0] = '\0';
}

/* 1; 0 there is no table; -1. */
static int table(struct qdb *db, struct threads **out, struct err *err)
{
	struct thread_table *x = query_db_threads(db);
	char dir[4096];
	struct str generation = query_db_generation(db);
	if (generation.n == 0)
		return 0;
	snprintf(dir, sizeof dir, "%s/index/%.*s", archive_dir(query_db_archive(db)),
		 STR_ARG(generation));
	if (x->t == NULL || strcmp(dir, x->dir) != 0) {
		thread_close(x);
		int r = threads_open(&x->t, dir, err);
		if (r < 1)
			return r < 0 && noindex_is() ? 0 : r;
		memcpy(x->dir, dir, sizeof dir);
	}
	*out = x->t;
	return 1;
}

int thread_gone(struct qdb *db, struct arena *a, uint64_t since, const uint64_t **out, size_t *n,
		struct err *err)
{
	struct threads *t;
	int r = table(db, &t, err);
	*n = 0;
	return r == 1 ? threads_gone(t, a, since, out, n, err) : r < 0 ? -1 : 1;
}

/* May a message be seen? 1, 0, -1. */
static int visible(struct qdb *db, const struct rights *r, uint64_t number, struct err *err)
{
	struct archive *ar = query_db_archive(db);
	struct archive_msg m;
	struct arena a = {0};
	const struct archive_copy *copies;
	size_t n = 1;
	int x = archive_find(ar, number, &m, err);
	if (x < 1 || m.disposal || m.destroyed)
		return x < 0 ? -1 : 0;
	if (r->some) {
		x = archive_copies(ar, &a, number, &copies, &n, err);
		if (x >= 0)
			x = rights_copies(r, ar, &a, &copies, &n, err);
		arena_free(&a);
	}
	return x < 0 ? -1 : n > 0;
}

struct list {
	const struct kin *v;
	size_t n;
	bool cut;
};

/* Only the messages that are seen. */
static int keep_visible(struct qdb *db, struct arena *a, const struct rights *r,
			struct list *list, struct err *err)
{
	struct kin *out = arena_alloc(a, (list->n + 1) * sizeof *out);
	size_t kept = 0;
	for (size_t i = 0; i < list->n; i++) {
		int x = visible(db, r, list->v[i].number, err);
		if (x < 0)
			return -1;
		if (x > 0)
			out[kept++] = list->v[i];
	}
	list->v = out;
	list->n = kept;
	return 1;
}

static struct str name_of(struct arena *a, const struct kin *list, size_t n)
{
	const struct kin *first = list;
	char id[THREADS_ID_SIZE];
	for (size_t i = 1; i < n; i++)
		if (list[i].date < first->date ||
		    (list[i].date == first->date && list[i].hash < first->hash))
			first = &list[i];
	threads_id(first->hash, id);
	return arena_str(a, str_of(id));
}

static uint64_t first_bytes(const struct archive_msg *m)
{
	uint64_t x = 0;
	for (int i = 0; i < 8; i++)
		x = x << 8 | m->hash[i];
	return x;
}

/* The messages of the thread of a message, those that are seen. */
static int members(struct qdb *db, struct arena *a, const struct rights *r, uint64_t number,
		   struct list *out, struct err *err)
{
	struct threads_name name;
	struct threads *t;
	int x = table(db, &t, err);
	if (x == 1)
		x = threads_of(t, number, &name, err);
	if (x < 0)
		return -1;
	if (x == 1) {
		if (threads_members(t, a, name.label, &out->v, &out->n, err) < 0)
			return -1;
		out->cut = name.n > out->n;
		return keep_visible(db, a, r, out, err);
	}
	struct archive_msg m; /* it is alone as yet */
	struct kin *one = arena_alloc(a, sizeof *one);
	if (archive_find(query_db_archive(db), number, &m, err) < 0)
		return -1;
	*one = (struct kin){.number = number, .date = KIN_UNDATED, .hash = first_bytes(&m)};
	*out = (struct list){one, 1, false};
	return 1;
}

int thread_list(struct qdb *db, struct arena *a, const struct rights *r, uint64_t number,
		struct thread *out, struct err *err)
{
	struct list list;
	int x = visible(db, r, number, err);
	if (x < 1)
		return x;
	if (members(db, a, r, number, &list, err) < 0)
		return -1;
	if (list.n == 0) /* hidden just now, or behind a limit */
		return 0;
	*out = (struct thread){.id = name_of(a, list.v, list.n), .n = list.n, .cut = list.cut,
			       .lines = arrange_make(a, list.v, list.n)};
	return 1;
}

/* The message that an id names. 1; 0; -1. */
static int find(struct qdb *db, const struct rights *r, struct str id, struct archive_msg *out,
		struct err *err)
{
	if (str_starts(id, STR("t")) || str_starts(id, STR("T")))
		id = str_cut(id, 1, id.n);
	if (r->some && id.n < 16)
		return 0;
	int x = archive_find_id(query_db_archive(db), id, out, err);
	if (x < 0 && (err->kind == ERR_GONE || (r->some && err->kind == ERR_INPUT)))
		return 0;
	return x;
}

int thread_find(struct qdb *db, struct arena *a, const struct rights *r, struct str id,
		struct thread *out, struct err *err)
{
	struct archive_msg m;
	int x = find(db, r, id, &m, err);
	return x == 1 ? thread_list(db, a, r, m.number, out, err) : x;
}

int thread_name(struct qdb *db, struct arena *a, const struct rights *r,
		const struct archive_msg *m, struct str *out, struct err *err)
{
	struct kin alone = {.hash = first_bytes(m)};
	struct threads_name name;
	struct threads *t;
	struct list list;
	const uint32_t *masked;
	size_t n_masked = 0;
	int x = table(db, &t, err);
	if (x == 1)
		x = threads_of(t, m->number, &name, err);
	if (x < 0)
		return -1;
	if (x == 0 || name.n == 1) {
		*out = name_of(a, &alone, 1);
		return 1;
	}
	if (!r->some &&
	    disposal_masked(query_db_archive(db), a, &masked, &n_masked, err) < 0)
		return -1;
	alone.hash = name.hash;
	if (!r->some && n_masked == 0) {
		*out = name_of(a, &alone, 1);
		return 1;
	}
	if (members(db, a, r, m->number, &list, err) < 0)
		return -1;
	alone.hash = first_bytes(m);
	*out = list.n ? name_of(a, list.v, list.n) : name_of(a, &alone, 1);
	return 1;
}

int thread_labels(struct qdb *db, struct arena *a, uint64_t last, const uint32_t **out,
		  struct err *err)
{
	struct threads *t = NULL;
	if (table(db, &t, err) < 0)
		return -1;
	return threads_labels(t, a, last, out, err);
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
	return a < b ? -1 : a > b;
}

static int resolve(struct qdb *db, struct arena *a, const struct rights *r,
		   struct match_leaf *leaf, struct err *err)
{
	struct thread t;
	struct archive_msg m;
	if (leaf->q->numbers) {
		leaf->numbers = leaf->q->numbers;
		leaf->n_numbers = leaf->q->n_numbers;
		return 1;
	}
	if (leaf->q->kind == QNODE_ID) {
		int found = find(db, r, leaf->q->needle, &m, err);
		if (found < 1)
			return found < 0 && err->kind != ERR_INPUT ? -1 : 1;
		uint32_t *number = arena_alloc(a, sizeof *number);
		*number = (uint32_t)m.number;
		leaf->numbers = number;
		leaf->n_numbers = 1;
		return 1;
	}
	int x = thread_find(db, a, r, leaf->q->needle, &t, err);
	if (x < 0 && err->kind != ERR_INPUT) /* what names several messages finds none */
		return -1;
	if (x < 1)
		return 1;
	uint32_t *numbers = arena_alloc(a, t.n * sizeof *numbers + 1);
	for (size_t i = 0; i < t.n; i++)
		numbers[i] = (uint32_t)t.lines[i].kin->number;
	qsort(numbers, t.n, sizeof *numbers, by_number);
	leaf->numbers = numbers;
	leaf->n_numbers = t.n;
	return 1;
}

int thread_resolve(struct qdb *db, struct match_tree *tree, const struct rights *r,
		   struct err *err)
{
	for (size_t i = 0; i < tree->n; i++)
		if ((tree->leaves[i].q->kind == QNODE_THREAD ||
		     tree->leaves[i].q->kind == QNODE_ID) &&
		    resolve(db, tree->scope->a, r, &tree->leaves[i], err) < 0)
			return -1;
	return 1;
}
