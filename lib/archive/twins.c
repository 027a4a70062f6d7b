#include "twins.h"

#include "db.h"
#include "headsum.h"

#include <stdlib.h>

#define HEADER_MOST ((size_t)64 << 10)

/* A copy of an older epoch. */
struct old {
	int64_t date;
	uint32_t size, message;
};
struct named {
	uint64_t id; /* the beginning of a hash of the EMAILID */
	uint32_t message;
};

struct twins {
	struct archive *ar;
	struct old *olds;   /* by date, size, message */
	uint64_t *sums;     /* of olds; 0: not computed yet */
	struct named *ids;  /* by id, message */
	size_t n, n_ids;
	struct buf header;
};

static uint64_t id_hash(struct str id)
{
	unsigned char sum[HASH_BYTES];
	uint64_t v = 0;
	hash_of(id, sum);
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | sum[i];
	return v;
}

static int by_date(const void *a, const void *b)
{
	const struct old *x = a, *y = b;
	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->message < y->message ? -1 : x->message > y->message;
}

static int by_id(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->message < y->message ? -1 : x->message > y->message;
}

static void *grown(void *p, size_t n, size_t size)
{
	if (n == 0 || (n >= 64 && (n & (n - 1)) == 0))
		return err_realloc(p, (n ? 2 * n : 64) * size);
	return p;
}

static void take(struct twins *t, sqlite3_stmt *st)
{
	struct str id = db_str(st, 3);
	struct old o = {sqlite3_column_int64(st, 0), (uint32_t)sqlite3_column_int64(st, 1),
			(uint32_t)sqlite3_column_int64(st, 2)};
	t->olds = grown(t->olds, t->n, sizeof *t->olds);
	t->olds[t->n++] = o;
	if (id.n == 0)
		return;
	t->ids = grown(t->ids, t->n_ids, sizeof *t->ids);
	t->ids[t->n_ids++] = (struct named){id_hash(id), o.message};
}

/* In order, each once. */
static void tidy(struct twins *t)
{
	size_t n = 0;
	if (t->n)
		qsort(t->olds, t->n, sizeof *t->olds, by_date);
	for (size_t i = 0; i < t->n; i++)
		if (n == 0 || by_date(&t->olds[i], &t->olds[n - 1]) != 0)
			t->olds[n++] = t->olds[i];
	t->n = n;
	t->sums = err_alloc((n + 1) * sizeof *t->sums);
	if (t->n_ids)
		qsort(t->ids, t->n_ids, sizeof *t->ids, by_id);
}

int twins_open(struct twins **out, struct archive *ar, struct str account, struct str mailbox,
	       int64_t except, struct err *err)
{
	struct db *db = archive_db(ar);
	struct twins *t = err_alloc(sizeof *t);
	sqlite3_stmt *st;
	t->ar = ar;
	buf_init(&t->header, HEADER_MOST);
	int r = db_one(db, err, &st,
		       "SELECT c.internaldate, m.size, c.message, c.emailid FROM epochs e"
		       " JOIN copies c ON c.epoch = e.epoch JOIN messages m ON m.number = c.message"
		       " WHERE e.account = ?1 AND e.mailbox = ?2 AND e.epoch <> ?3"
		       " AND m.hash IS NOT NULL", "ssi", account,
		       mailbox, except);
	for (; r == 1; r = db_step(db, st, err))
		take(t, st);
	tidy(t);
	if (r < 0) {
		twins_close(&t);
		return -1;
	}
	*out = t;
	return 1;
}

/* The number of the fields in the header of a stored message; 0: it has none. */
static int sum_of(struct twins *t, uint64_t number, uint64_t *out, struct err *err)
{
	struct archive_msg m;
	int r = archive_find(t->ar, number, &m, err);
	if (r == 0)
		return err_set(err, ERR_BROKEN, "message %llu is missing in the archive",
			       (unsigned long long)number);
	buf_clear(&t->header);
	if (r < 0 || archive_read(t->ar, &m, HEADER_MOST, &t->header, err) < 0)
		return -1;
	return headsum_of(buf_all(&t->header), out);
}

/* By EMAILID: all copies of that name must be of one message. */
static int find_id(const struct twins *t, struct str emailid, uint64_t *message)
{
	struct named key = {id_hash(emailid), 0};
	size_t lo = 0, hi = t->n_ids;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (by_id(&t->ids[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == t->n_ids || t->ids[lo].id != key.id)
		return 0;
	*message = t->ids[lo].message;
	for (; lo < t->n_ids && t->ids[lo].id == key.id; lo++)
		if (t->ids[lo].message != *message)
			return 0;
	return 1;
}

/* The copies of that date, and size if it is known: olds[*from..*to). */
static void find_group(const struct twins *t, const struct twins_clue *clue, size_t *from,
		       size_t *to)
{
	bool known = !clue->any_size;
	struct old key = {clue->internaldate, known ? (uint32_t)clue->size : 0, 0};
	size_t lo = 0, hi = clue->size <= UINT32_MAX ? t->n : 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (by_date(&t->olds[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*from = *to = lo;
	while (clue->size <= UINT32_MAX && *to < t->n && t->olds[*to].date == key.date &&
	       (!known || t->olds[*to].size == key.size))
		++*to;
}

int twins_find(struct twins *t, const struct twins_clue *clue, uint64_t *message, bool *by,
	       struct err *err)
{
	size_t from, to, found = 0;
	*by = clue->emailid.n > 0;
	if (*by && find_id(t, clue->emailid, message))
		return 1;
	*by = false;
	find_group(t, clue, &from, &to);
	if (!clue->has_sum || to - from > TWINS_GROUP)
		return 0;
	for (size_t i = from; i < to; i++) {
		if (t->sums[i] == 0 && sum_of(t, t->olds[i].message, &t->sums[i], err) < 0)
			return -1;
		if (t->sums[i] != clue->sum)
			continue;
		*message = t->olds[i].message;
		found++;
	}
	return found == 1;
}

int twins_at(struct twins *t, int64_t epoch, uint32_t uid, const struct twins_clue *clue,
	     uint64_t *message, struct err *err)
{
	struct db *db = archive_db(t->ar);
	sqlite3_stmt *st;
	uint64_t sum;
	int r = db_one(db, err, &st,
		       "SELECT c.message, c.internaldate, m.size, c.emailid FROM copies c"
		       " JOIN messages m ON m.number = c.message"
		       " WHERE c.epoch = ?1 AND c.uid = ?2 AND c.vanished = 0"
		       " AND m.hash IS NOT NULL", "ii", epoch,
		       (int64_t)uid);
	if (r < 1)
		return r;
	struct str id = db_str(st, 3);
	*message = (uint64_t)sqlite3_column_int64(st, 0);
	bool same = sqlite3_column_int64(st, 1) == clue->internaldate &&
		    (uint64_t)sqlite3_column_int64(st, 2) == clue->size && clue->has_sum &&
		    (id.n == 0 || clue->emailid.n == 0 || str_eq(id, clue->emailid));
	db_done(st);
	if (!same || (r = sum_of(t, *message, &sum, err)) < 1)
		return same ? r : 0;
	return sum == clue->sum;
}

void twins_close(struct twins **out)
{
	struct twins *t = *out;
	if (t == NULL)
		return;
	free(t->olds);
	free(t->sums);
	free(t->ids);
	buf_free(&t->header);
	free(t);
	*out = NULL;
}
