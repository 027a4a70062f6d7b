#include "disposal.h"

#include "disposaldb.h"
#include "txn.h"

#define TEXT_MOST 4000
#define WHO_MOST 255
#define PIECE 10000 /* numbers told at once */

static int check(struct db *db, const struct disposal *d, const uint32_t *numbers, size_t n,
		 struct err *err)
{
	struct archive_msg m;
	if (d->reason.n > TEXT_MOST || d->query.n > TEXT_MOST || d->who.n > WHO_MOST)
		return err_set(err, ERR_INPUT, "the reason, the query or the name is too long");
	for (size_t i = 0; i < n; i++) {
		int r = catalog_find(db, numbers[i], &m, err);
		if (r < 0)
			return -1;
		if (r == 0 || m.disposal)
			return err_set(err, ERR_INPUT, "message %u is %s", numbers[i], r == 0 ?
				       "not there" : "disposed of already");
	}
	return 1;
}

static int next_id(struct db *db, int64_t *out, struct err *err)
{
	sqlite3_stmt *st;
	int r = db_one(db, err, &st, "SELECT 1 + ifnull(max(disposal), 0) FROM disposals", "");
	if (r == 1) {
		*out = sqlite3_column_int64(st, 0);
		db_done(st);
	}
	return r;
}

int disposal_make(struct archive *ar, struct disposal *d, const uint32_t *numbers, size_t n,
		  struct err *err)
{
	struct txn *t = archive_txn(ar);
	if (archive_commit(ar, err) < 0 || check(t->db, d, numbers, n, err) < 0 ||
	    next_id(t->db, &d->id, err) < 0 || archive_change(ar, err) < 0)
		return -1;
	d->at = t->facts.at;
	d->messages = n;
	if (disposaldb_add(t->db, d, numbers, n, err) < 0)
		return txn_give_up(t, err);
	txn_change(t);
	/* A piece at a time, so that the facts gathered have their limit. */
	for (size_t at = 0; at < n; at += PIECE) {
		facts_disposed(&t->facts, d, numbers + at,
			       n - at < PIECE ? n - at : PIECE);
		if (txn_changed(t, err) < 0)
			return -1;
	}
	return archive_commit(ar, err);
}

static const char *const state[] = {
	[DISPOSAL_MASKED] = "is not destroyed yet", [DISPOSAL_RESTORED] = "was taken back",
	[DISPOSAL_DESTROYED] = "was destroyed", [DISPOSAL_ERASED] = "was destroyed",
};

int disposal_end(struct archive *ar, const struct disposal *d, struct err *err)
{
	struct txn *t = archive_txn(ar);
	struct arena a = {0};
	struct disposal was, now;
	if (archive_commit(ar, err) < 0)
		return -1;
	int r = disposaldb_get(t->db, &a, d->id, &was, err);
	enum disposal_state from = d->state == DISPOSAL_ERASED ? DISPOSAL_DESTROYED :
								  DISPOSAL_MASKED;
	arena_free(&a);
	if (r == 1 && was.state != from)
		return err_set(err, ERR_INPUT, "disposal %lld %s", (long long)d->id,
			       state[was.state]);
	if (d->ended_by.n > WHO_MOST)
		return err_set(err, ERR_INPUT, "the name is too long");
	if (r < 1 || archive_change(ar, err) < 0)
		return r < 1 ? r : -1;
	now = *d;
	now.ended = t->facts.at;
	if (disposaldb_end(t->db, &now, err) < 0)
		return txn_give_up(t, err);
	txn_change(t);
	facts_disposal_end(&t->facts, &now);
	return txn_changed(t, err) < 0 ? -1 : archive_commit(ar, err);
}

int disposal_list(struct archive *ar, struct arena *a, const struct disposal **out, size_t *n_out,
		  struct err *err)
{
	return disposaldb_list(archive_db(ar), a, out, n_out, err);
}

int disposal_masked(struct archive *ar, struct arena *a, const uint32_t **out, size_t *n_out,
		    struct err *err)
{
	return disposaldb_masked(archive_db(ar), a, out, n_out, err);
}
