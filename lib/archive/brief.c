#include "brief.h"

#include "db.h"

#include <stdlib.h>

struct brief {
	struct db *db;
	sqlite3_stmt *st;
};

int brief_open(struct brief **out, struct archive *ar, struct err *err)
{
	struct brief *b = err_alloc(sizeof *b);
	b->db = archive_db(ar);
	b->st = db_prepare(b->db, "SELECT message, epoch, vanished, flags FROM copies"
				  " INDEXED BY copies_message ORDER BY message", err);
	if (b->st == NULL) {
		brief_close(&b);
		return -1;
	}
	*out = b;
	return 1;
}

int brief_next(struct brief *b, struct brief_copy *out, struct err *err)
{
	int r = db_step(b->db, b->st, err);
	if (r > 0)
		*out = (struct brief_copy){
			.message = (uint64_t)sqlite3_column_int64(b->st, 0),
			.epoch = sqlite3_column_int64(b->st, 1),
			.vanished = sqlite3_column_int64(b->st, 2) != 0,
			.flags = (unsigned)sqlite3_column_int64(b->st, 3)};
	return r;
}

void brief_close(struct brief **b)
{
	if (*b == NULL)
		return;
	sqlite3_finalize((*b)->st);
	free(*b);
	*b = NULL;
}

/* ---- epochs ---- */

struct slot {
	int64_t epoch;
	size_t at;
};

static int by_epoch(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	return x->epoch < y->epoch ? -1 : x->epoch > y->epoch;
}

static struct brief_epoch *find(const struct slot *slots, size_t n, int64_t epoch,
				struct brief_epoch *out)
{
	const struct slot key = {.epoch = epoch};
	const struct slot *s = n ? bsearch(&key, slots, n, sizeof key, by_epoch) : NULL;
	return s ? &out[s->at] : NULL;
}

static int add_copies(struct archive *ar, const struct slot *slots, size_t n,
		      struct brief_epoch *out, struct err *err)
{
	struct brief *b;
	struct brief_copy c;
	int r;
	if (brief_open(&b, ar, err) < 0)
		return -1;
	while ((r = brief_next(b, &c, err)) == 1) {
		struct brief_epoch *e = find(slots, n, c.epoch, out);
		if (e == NULL)
			continue;
		e->copies++;
		e->present += !c.vanished;
	}
	brief_close(&b);
	return r < 0 ? -1 : 1;
}

static int add_outcomes(struct archive *ar, const struct slot *slots, size_t n,
			struct brief_epoch *out, struct err *err)
{
	struct db *db = archive_db(ar);
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT epoch, outcome, count(*) FROM outcomes"
				     " GROUP BY epoch, outcome", "");
	for (; r == 1; r = db_step(db, st, err)) {
		struct brief_epoch *e = find(slots, n, sqlite3_column_int64(st, 0), out);
		uint64_t count = (uint64_t)sqlite3_column_int64(st, 2);
		int outcome = sqlite3_column_int(st, 1);
		if (e == NULL)
			continue;
		e->failed += outcome == ARCHIVE_FAILED ? count : 0;
		e->refused += outcome == ARCHIVE_REFUSED ? count : 0;
		e->gone += outcome == ARCHIVE_GONE ? count : 0;
	}
	return r < 0 ? -1 : 1;
}

int brief_epochs(struct archive *ar, const struct archive_epoch *epochs, size_t n,
		 struct brief_epoch *out, struct err *err)
{
	struct slot *slots = err_alloc((n + 1) * sizeof *slots);
	for (size_t i = 0; i < n; i++) {
		slots[i] = (struct slot){epochs[i].id, i};
		out[i] = (struct brief_epoch){0};
	}
	qsort(slots, n, sizeof *slots, by_epoch);
	int r = add_copies(ar, slots, n, out, err);
	if (r > 0)
		r = add_outcomes(ar, slots, n, out, err);
	free(slots);
	return r;
}
