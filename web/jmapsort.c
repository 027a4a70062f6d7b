#define _GNU_SOURCE
#include "jmapsort.h"

#include "basesubject.h"
#include "casemap.h"
#include "db.h"
#include "jmappage.h"
#include "jmapset.h"

#include <stdlib.h>

/* In the order of their names below. */
enum by { RECEIVED, SENT, SIZE, FROM, TO, SUBJECT, KEYWORD, NONE };

int jmapsort_read(struct jmap *j, struct str account, json_t *args, struct jmapsort *out)
{
	static const char *const names[] = {"receivedAt", "sentAt", "size", "from", "to", "subject",
					    "hasKeyword"};
	json_t *sort = json_object_get(args, "sort"), *one;
	const char *wrong = NULL;
	size_t i;
	*out = (struct jmapsort){.account = account};
	if (sort && !json_is_null(sort) && !json_is_array(sort))
		wrong = "invalidArguments";
	json_array_foreach(sort, i, one) {
		struct str name = jmapbase_text(json_object_get(one, "property"));
		struct jmapsort_order o = {
			.keyword = jmapbase_text(json_object_get(one, "keyword"))};
		while (o.by < NONE && !str_eq(name, str_of(names[o.by])))
			o.by++;
		if (!jmappage_comparator(j, one, &o.down))
			return 0;
		if (o.by == NONE || out->n == JMAPSORT_MOST)
			wrong = "unsupportedSort";
		else if (o.by == KEYWORD && o.keyword.n == 0)
			wrong = "invalidArguments";
		else
			out->list[out->n++] = o;
	}
	if (wrong)
		jmapbase_fail(j, wrong, "sort");
	else if (out->n == 0)
		out->list[out->n++] = (struct jmapsort_order){.by = RECEIVED, .down = true};
	return wrong == NULL;
}

/* ---- keys ---- */

struct column {
	int64_t *n;    /* by place among the messages; NULL: */
	struct str *s; /* texts */
};

struct sorting {
	struct jmap *j;
	const struct jmapsort *sort;
	const uint32_t *numbers;
	size_t count;
	struct column columns[JMAPSORT_MOST];
};

static ptrdiff_t place_of(const struct sorting *s, uint64_t number)
{
	size_t lo = 0, hi = s->count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->numbers[mid] < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->count && s->numbers[lo] == number ? (ptrdiff_t)lo : -1;
}

/* Of each message alone. */
static int received_of_each(struct sorting *s, int64_t *out)
{
	struct arena a = {0};
	int r = 1;
	for (size_t i = 0; i < s->count && r >= 0; i++) {
		const struct archive_copy *copies;
		size_t n = 0;
		r = archive_copies(s->j->ar, &a, s->numbers[i], &copies, &n, &s->j->err);
		for (size_t k = 0; k < n; k++) {
			const struct archive_epoch *e = jmapbase_epoch(s->j, copies[k].epoch);
			if (e && str_eq(e->account, s->sort->account) &&
			    copies[k].internaldate < out[i])
				out[i] = copies[k].internaldate;
		}
		arena_reset(&a);
	}
	arena_free(&a);
	return r;
}

/* Of all messages of the account. */
static int received_of_all(struct sorting *s, int64_t *out)
{
	sqlite3_stmt *st;
	struct db *db = archive_db(s->j->ar);
	int r = db_one(db, &s->j->err, &st,
		"SELECT c.message, c.internaldate FROM epochs e"
		" CROSS JOIN copies c ON c.epoch = e.epoch WHERE e.account = ?1", "s",
		s->sort->account);
	for (; r == 1; r = db_step(db, st, &s->j->err)) {
		ptrdiff_t at = place_of(s, (uint64_t)sqlite3_column_int64(st, 0));
		int64_t date = sqlite3_column_int64(st, 1);
		if (at >= 0 && date < out[at])
			out[at] = date;
	}
	return r;
}

/* The date of the earliest copy. One pass over the archive, or some lookups that each take as long
 * as so many rows of it. */
static int received(struct sorting *s, int64_t *out)
{
	enum { ROWS = 16 };
	uint64_t last;
	for (size_t i = 0; i < s->count; i++)
		out[i] = INT64_MAX;
	if (archive_last(s->j->ar, &last, &s->j->err) < 0)
		return -1;
	return s->count < last / ROWS ? received_of_each(s, out) : received_of_all(s, out);
}

/* 1; 0 the error is set. */
static int has_keyword(struct sorting *s, struct str keyword, int64_t *out)
{
	struct jmapset set;
	if (!jmapset_keyword(s->j, s->sort->account, keyword, &set))
		return 0;
	for (size_t i = 0; i < set.n; i++) {
		ptrdiff_t at = place_of(s, set.list[i]);
		if (at >= 0)
			out[at] = 1;
	}
	return 1;
}

static struct str who(struct arena *a, const struct mail_address *list, size_t n)
{
	if (n == 0)
		return STR("");
	return casemap_str(a, list[0].name.n ? list[0].name : list[0].email);
}

static void take_key(struct sorting *s, size_t column, size_t at, struct arena *a,
		     const struct query_hit *h)
{
	struct column *c = &s->columns[column];
	struct str text;
	switch ((enum by)s->sort->list[column].by) {
	case SIZE:
		c->n[at] = (int64_t)h->msg.size;
		return;
	case SENT:
		c->n[at] = h->record.date.usable ? h->record.date.epoch : 0;
		return;
	case SUBJECT:
		text = casemap_str(a, basesubject_of(a, h->record.subject, NULL));
		break;
	case FROM:
		text = who(a, h->record.from, h->record.n_from);
		break;
	case TO:
		text = who(a, h->record.to, h->record.n_to);
		break;
	default:
		return;
	}
	c->s[at] = arena_str(s->j->a, text);
}

/* What records tell, of one message after the other. */
static int read_records(struct sorting *s)
{
	struct arena a = {0};
	int r = 1;
	for (size_t i = 0; i < s->count && r >= 0; i++) {
		struct query_hit h;
		r = query_glance(s->j->db, &a, &s->j->rights, s->numbers[i], &h, &s->j->err);
		for (size_t k = 0; k < s->sort->n && r == 1; k++)
			take_key(s, k, i, &a, &h);
		arena_reset(&a);
	}
	arena_free(&a);
	return r;
}

static int make_columns(struct sorting *s)
{
	bool records = false;
	for (size_t k = 0; k < s->sort->n; k++) {
		const struct jmapsort_order *o = &s->sort->list[k];
		struct column *c = &s->columns[k];
		if (o->by == FROM || o->by == TO || o->by == SUBJECT)
			c->s = arena_alloc(s->j->a, (s->count + 1) * sizeof *c->s);
		else
			c->n = arena_alloc(s->j->a, (s->count + 1) * sizeof *c->n);
		records |= o->by != RECEIVED && o->by != KEYWORD;
		if (o->by == RECEIVED && received(s, c->n) < 0)
			return -1;
		if (o->by == KEYWORD && !has_keyword(s, o->keyword, c->n))
			return 0;
	}
	return records && read_records(s) < 0 ? -1 : 1;
}

static int compare(const void *x, const void *y, void *arg)
{
	const struct sorting *s = arg;
	uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
	for (size_t c = 0; c < s->sort->n; c++) {
		const struct column *col = &s->columns[c];
		int r = col->s ? str_cmp(col->s[i], col->s[k])
			       : col->n[i] < col->n[k] ? -1 : col->n[i] > col->n[k];
		if (r)
			return s->sort->list[c].down ? -r : r;
	}
	return i > k ? -1 : i < k;
}

int jmapsort_run(struct jmap *j, const struct jmapsort *sort, uint32_t *numbers, size_t n)
{
	struct sorting s = {.j = j, .sort = sort, .count = n};
	uint32_t *was = arena_alloc(j->a, (n + 1) * sizeof *was);
	uint32_t *places = arena_alloc(j->a, (n + 1) * sizeof *places);
	for (size_t i = 0; i < n; i++) {
		was[i] = numbers[i];
		places[i] = (uint32_t)i;
	}
	s.numbers = was;
	int r = make_columns(&s);
	if (r < 1) {
		if (r < 0)
			jmapbase_broken(j);
		return 0;
	}
	if (n)
		qsort_r(places, n, sizeof *places, compare, &s);
	for (size_t i = 0; i < n; i++)
		numbers[i] = was[places[i]];
	return 1;
}
