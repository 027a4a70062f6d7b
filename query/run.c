#include "run.h"

#include <stdlib.h>

/* A segment under way. pos counts documents in the order of the query. */
struct part {
	struct iseg *seg;
	uint32_t pos, n;
	bool planned;
	struct plan_segment plan;
	struct run_key key; /* of the document at pos */
};

struct run {
	struct plan *plan;
	struct match *m;
	struct archive *ar;
	struct run_options o;
	struct iseg *segs;
	size_t n_segs;
	struct part *parts;
	size_t n_parts;
	struct run_key *found; /* without an index: all hits, sorted */
	size_t n_found, next_found;
	bool scanned;
	struct run_stats stats;
};

/* Does x stand before y? */
static bool before(enum run_sort sort, struct run_key x, struct run_key y)
{
	if (sort == RUN_NUMBER || x.date == y.date)
		return sort == RUN_NEWEST ? x.number > y.number : x.number < y.number;
	return sort == RUN_NEWEST ? x.date > y.date : x.date < y.date;
}

static bool is_behind_cursor(const struct run *r, struct run_key key)
{
	return !r->o.has_after || before(r->o.sort, r->o.after, key);
}

/* ---- segments ---- */

static uint32_t docid_at(const struct run *r, const struct part *p, uint32_t pos)
{
	if (r->o.sort == RUN_NUMBER)
		return pos + 1;
	return order_at(&p->seg->order, r->o.sort == RUN_NEWEST ? pos : p->n - 1 - pos);
}

static struct run_key key_at(const struct run *r, const struct part *p, uint32_t pos)
{
	uint32_t docid = docid_at(r, p, pos);
	return (struct run_key){order_date(&p->seg->order, docid), p->seg->first + docid - 1};
}

/* The first document behind the cursor; keys ascend in the order of the query. */
static void skip_to_cursor(const struct run *r, struct part *p)
{
	uint32_t lo = 0, hi = p->n;
	while (r->o.has_after && lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (is_behind_cursor(r, key_at(r, p, mid)))
			hi = mid;
		else
			lo = mid + 1;
	}
	p->pos = lo;
}

/* Goes on to the next candidate (before the plan: to any document), or to the end. */
static void settle(const struct run *r, struct part *p)
{
	while (p->planned && p->pos < p->n &&
	       !bits_has(&p->plan.tree.maybe, docid_at(r, p, p->pos) - 1))
		p->pos++;
	if (p->pos < p->n)
		p->key = key_at(r, p, p->pos);
	else if (p->planned)
		plan_release(&p->plan);
}

void run_open(struct run **out, struct iseg *segs, size_t n, struct plan *plan, struct match *m,
	      const struct run_options *o)
{
	struct run *r = err_alloc(sizeof *r);
	r->plan = plan;
	r->ar = plan->ar;
	r->m = m;
	r->o = *o;
	r->segs = segs;
	r->n_segs = n;
	r->parts = err_alloc(n * sizeof *r->parts);
	for (size_t i = 0; i < n && !o->no_index; i++) {
		struct part *p = &r->parts[r->n_parts++];
		p->seg = &segs[i];
		p->n = (uint32_t)(segs[i].last - segs[i].first + 1);
		skip_to_cursor(r, p);
		settle(r, p);
	}
	*out = r;
}

void run_close(struct run **r)
{
	if (*r == NULL)
		return;
	for (size_t i = 0; i < (*r)->n_parts; i++)
		plan_release(&(*r)->parts[i].plan);
	free((*r)->parts);
	free((*r)->found);
	free(*r);
	*r = NULL;
}

struct run_stats run_stats(const struct run *r)
{
	return r->stats;
}

int run_arrival(struct archive *ar, uint64_t number, int64_t *out, struct err *err)
{
	struct arena a = {0};
	const struct archive_copy *copies;
	size_t n;
	int r = archive_copies(ar, &a, number, &copies, &n, err);
	*out = r > 0 && n > 0 ? copies[0].internaldate : 0;
	arena_free(&a);
	return r < 0 ? -1 : 1;
}

/* Hands what the plan knows of the document to the matcher, and lets it judge. */
static int judge(struct run *r, const struct part *p, bool counting, struct run_hit *out,
		 struct err *err)
{
	size_t doc = (size_t)(p->key.number - p->seg->first);
	bool sure = bits_has(&p->plan.tree.sure, doc);
	const struct match_tree *tree = r->plan->tree;
	*out = (struct run_hit){.key = p->key, .seg = p->seg};
	if (sure && counting && scope_is_all(tree->scope))
		return 1;
	match_begin(r->m, p->key.number, p->seg);
	if (sure)
		match_sure(r->m);
	for (size_t i = 0; i < p->plan.n_leaves; i++) {
		const struct plan_sets *s = &p->plan.leaves[i];
		if (s->maybe.w == NULL)
			continue;
		if (!bits_has(&s->maybe, doc))
			match_known(r->m, i, false);
		else if (bits_has(&s->sure, doc))
			match_known(r->m, i, true);
	}
	r->stats.judged += !sure;
	int yes = match_copies(r->m, &out->copies, &out->n_copies, err);
	r->stats.parsed += match_texts(r->m)->has_mail;
	return yes;
}

/* Takes out of a segment's candidates what is shown to nobody. */
static void mask(const struct run *r, struct part *p)
{
	for (size_t i = 0; i < r->o.n_masked; i++) {
		uint64_t number = r->o.masked[i];
		if (number < p->seg->first || number > p->seg->last)
			continue;
		bits_unset(&p->plan.tree.maybe, (size_t)(number - p->seg->first));
		bits_unset(&p->plan.tree.sure, (size_t)(number - p->seg->first));
	}
}

static struct part *best_part(struct run *r)
{
	struct part *best = NULL;
	for (size_t i = 0; i < r->n_parts; i++) {
		struct part *p = &r->parts[i];
		if (p->pos < p->n && (best == NULL || before(r->o.sort, p->key, best->key)))
			best = p;
	}
	return best;
}

static int next_indexed(struct run *r, bool counting, struct run_hit *out, struct err *err)
{
	struct part *p;
	while ((p = best_part(r)) != NULL) {
		int yes = 0;
		if (!p->planned) {
			if (plan_run(r->plan, p->seg, &p->plan, err) < 0)
				return -1;
			mask(r, p);
			p->planned = true;
		} else {
			yes = judge(r, p, counting, out, err);
			p->pos++;
		}
		settle(r, p);
		if (yes != 0)
			return yes;
	}
	return 0;
}

/* ---- without an index ---- */

static int compare_newest(const void *x, const void *y)
{
	const struct run_key *a = x, *b = y;
	return before(RUN_NEWEST, *a, *b) ? -1 : before(RUN_NEWEST, *b, *a);
}

static int compare_oldest(const void *x, const void *y)
{
	const struct run_key *a = x, *b = y;
	return before(RUN_OLDEST, *a, *b) ? -1 : before(RUN_OLDEST, *b, *a);
}

/* The sort date. The index's own where it has one: copies that came later may have changed what
 * a message without a usable Date would get today, and its place must not move. */
static int sort_date(struct run *r, uint64_t number, int64_t *out, struct err *err)
{
	struct mtext *t = match_texts(r->m);
	for (size_t i = 0; i < r->n_segs; i++)
		if (r->segs[i].first <= number && number <= r->segs[i].last) {
			*out = order_date(&r->segs[i].order,
					  (uint32_t)(number - r->segs[i].first + 1));
			return 1;
		}
	if (mtext_parse(t, err) < 0)
		return -1;
	*out = t->record.date.epoch;
	return t->record.date.usable ? 1 : run_arrival(r->ar, number, out, err);
}

/* Shows one message to the matcher, and keeps its place when it is a hit. */
static int scan_one(struct run *r, uint64_t number, struct err *err)
{
	const struct archive_copy *copies;
	size_t n;
	struct run_key key = {0, number};
	match_begin(r->m, number, NULL);
	int yes = match_copies(r->m, &copies, &n, err);
	r->stats.judged++;
	if (yes <= 0)
		return yes;
	if (!r->o.dateless && sort_date(r, number, &key.date, err) < 0)
		return -1;
	if (!is_behind_cursor(r, key))
		return 0;
	if ((r->n_found & (r->n_found - 1)) == 0)
		r->found = err_realloc(r->found, (r->n_found ? 2 * r->n_found : 1) *
				       sizeof *r->found);
	r->found[r->n_found++] = key;
	return 1;
}

static int scan_all(struct run *r, struct err *err)
{
	uint64_t last;
	size_t masked = 0;
	if (archive_last(r->ar, &last, err) < 0)
		return -1;
	for (uint64_t i = 1; i <= last; i++)
		if (masked < r->o.n_masked && r->o.masked[masked] == i)
			masked++;
		else if (scan_one(r, i, err) < 0)
			return -1;
	r->stats.scanned = last;
	r->scanned = true;
	if (r->o.sort != RUN_NUMBER && r->n_found > 1)
		qsort(r->found, r->n_found, sizeof *r->found,
		      r->o.sort == RUN_NEWEST ? compare_newest : compare_oldest);
	return 1;
}

static int next_found(struct run *r, bool counting, struct run_hit *out, struct err *err)
{
	if (!r->scanned && scan_all(r, err) < 0)
		return -1;
	while (r->next_found < r->n_found) {
		*out = (struct run_hit){.key = r->found[r->next_found++]};
		if (counting)
			return 1;
		match_begin(r->m, out->key.number, NULL);
		int yes = match_copies(r->m, &out->copies, &out->n_copies, err);
		if (yes != 0)
			return yes;
	}
	return 0;
}

int run_next(struct run *r, bool counting, struct run_hit *out, struct err *err)
{
	int yes = r->o.no_index ? next_found(r, counting, out, err)
				: next_indexed(r, counting, out, err);
	r->stats.hits += yes > 0;
	return yes;
}
