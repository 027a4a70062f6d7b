#include "run.h"

#include "hint.h"
#include "log.h"

#include <stdlib.h>

/* After so many messages whose headers were read in vain candidates are judged in the order of the
 * archive, so many times as those at once: near ones share what must be decompressed. */
enum { MISSES = 32, TIMES_AHEAD = 8 };
/* With fewer candidates than this share of documents, these are sorted rather than looked for. */
enum { SPARSE = 16 };

/* A segment under way. pos counts documents in the order of the query. */
struct part {
	struct iseg *seg;
	uint32_t pos, n;
	struct run_key *list; /* or, when there are few: its candidates, of which n */
	bool planned;
	size_t ahead; /* candidates to be passed before more are judged ahead */
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
	uint64_t scan_next, scan_to; /* messages still to be shown to the matcher */
	bool scanned, bulk;
	uint64_t taken; /* proved hits that were counted together */
	uint64_t misses; /* messages that were read, not only their records, in vain */
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
	if (p->list)
		return p->list[pos];
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

static void sort_keys(const struct run *r, struct run_key *list, size_t n)
{
	if (r->o.sort != RUN_NUMBER && n > 1)
		qsort(list, n, sizeof *list,
		      r->o.sort == RUN_NEWEST ? compare_newest : compare_oldest);
}

/* Lists the candidates behind the cursor when there are few. */
static void list_few(const struct run *r, struct part *p)
{
	const struct bits *maybe = &p->plan.tree.maybe;
	size_t count = bits_count(maybe);
	uint32_t n = 0;
	if (count >= maybe->n / SPARSE)
		return;
	struct run_key *list = err_alloc((count + 1) * sizeof *list);
	for (size_t i = bits_next(maybe, 0); i < maybe->n; i = bits_next(maybe, i + 1)) {
		struct run_key key = {order_date(&p->seg->order, (uint32_t)i + 1),
				      p->seg->first + i};
		if (is_behind_cursor(r, key))
			list[n++] = key;
	}
	sort_keys(r, list, n);
	p->list = list;
	p->pos = 0;
	p->n = n;
}

static bool is_candidate(const struct run *r, const struct part *p, uint32_t pos)
{
	size_t doc = p->list ? (size_t)(p->list[pos].number - p->seg->first)
			     : docid_at(r, p, pos) - 1;
	return bits_has(&p->plan.tree.maybe, doc);
}

static void end_part(struct part *p)
{
	plan_release(&p->plan);
	free(p->list);
	p->list = NULL;
	p->pos = p->n;
}

/* Goes on to the next candidate (before the plan: to any document), or to the end. */
static void settle(const struct run *r, struct part *p)
{
	while (p->planned && p->pos < p->n && !is_candidate(r, p, p->pos))
		p->pos++;
	if (p->pos < p->n)
		p->key = key_at(r, p, p->pos);
	else if (p->planned)
		end_part(p);
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
	r->scan_next = o->tail_from;
	r->scan_to = o->tail_to;
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
		end_part(&(*r)->parts[i]);
	free((*r)->parts);
	free((*r)->found);
	free(*r);
	*r = NULL;
}

struct run_stats run_stats(const struct run *r)
{
	struct run_stats s = r->stats;
	for (size_t i = 0; i < r->n_parts; i++)
		s.segments_left += !r->parts[i].planned && r->parts[i].pos < r->parts[i].n;
	s.found = r->n_found;
	s.scanned_to = r->scanned ? r->scan_next - 1 : r->scan_to;
	if (halt_is(r->o.halt) && !r->scanned)
		s.scanned_to = r->scan_next - 1;
	return s;
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

/* Notes of the message just judged what it took. */
static void note_read(struct run *r, int yes)
{
	const struct mtext *t = match_texts(r->m);
	r->stats.parsed += t->has_mail;
	r->misses += (t->has_mail || t->has_lines) && yes == 0;
}

/* 1 a hit; 0; -1. */
static int judge(struct run *r, const struct part *p, bool counting, struct run_hit *out,
		 struct err *err)
{
	bool sure = bits_has(&p->plan.tree.sure, (size_t)(p->key.number - p->seg->first));
	*out = (struct run_hit){.key = p->key, .seg = p->seg};
	if (sure && counting && scope_is_all(r->plan->tree->scope))
		return 1;
	hint_give(r->m, &p->plan, p->seg, p->key.number);
	r->stats.judged += !sure;
	if (halt_step(r->o.halt, HALT_JUDGE))
		return halt_error(r->o.halt, err);
	int yes = counting ? match_message(r->m, err)
			   : match_copies(r->m, &out->copies, &out->n_copies, err);
	r->stats.judged_yes += !sure && yes > 0;
	note_read(r, yes);
	return yes;
}

/* The next `most` candidates, in the query's order, that nothing proves. */
static void choose_ahead(const struct run *r, const struct part *p, size_t most,
			 struct bits *out)
{
	size_t n = 0;
	for (uint32_t pos = p->pos; pos < p->n && n < most; pos++) {
		size_t doc = (size_t)(key_at(r, p, pos).number - p->seg->first);
		if (!bits_has(&p->plan.tree.maybe, doc) || bits_has(&p->plan.tree.sure, doc))
			continue;
		bits_set(out, doc);
		n++;
	}
}

/* Judges candidates before it is their turn, takes out of the sets what is found, and leaves in
 * p->ahead how many hits there were. 1 or -1. */
static int judge_ahead(struct run *r, struct part *p, size_t most, struct err *err)
{
	struct bits docs = bits_new(p->plan.tree.maybe.n);
	bool copies = r->plan->tree->copies;
	int yes = 1;
	choose_ahead(r, p, most, &docs);
	for (size_t i = bits_next(&docs, 0); i < docs.n; i = bits_next(&docs, i + 1)) {
		if (r->o.halt != NULL && r->o.halt->pause)
			break;
		if (halt_step(r->o.halt, HALT_JUDGE)) {
			yes = halt_error(r->o.halt, err);
			break;
		}
		hint_give(r->m, &p->plan, p->seg, p->seg->first + i);
		yes = match_message(r->m, err);
		if (yes < 0)
			break;
		note_read(r, yes);
		p->ahead += yes > 0;
		if (yes > 0 && copies)
			continue; /* which copies is asked again */
		r->stats.judged++;
		r->stats.judged_yes += yes > 0;
		r->stats.passed += yes == 0;
		if (yes > 0)
			bits_set(&p->plan.tree.sure, i);
		else
			bits_unset(&p->plan.tree.maybe, i);
	}
	bits_free(&docs);
	return yes < 0 ? -1 : 1;
}

/* How many to judge ahead: in vain at most TIMES_AHEAD what was in vain before. */
static size_t how_far(const struct run *r, const struct part *p)
{
	if (r->o.sort == RUN_NUMBER || r->misses < MISSES || p->ahead > 0 ||
	    bits_has(&p->plan.tree.sure, (size_t)(p->key.number - p->seg->first)))
		return 0;
	return (size_t)r->misses * TIMES_AHEAD;
}

/* Takes out of a segment's candidates what is shown to nobody. */
static void mask(const struct run *r, struct part *p)
{
	for (size_t i = 0; i < r->o.n_masked; i++) {
		uint64_t number = r->o.masked[i];
		if (number < p->seg->first || number > p->seg->last)
			continue;
		size_t doc = (size_t)(number - p->seg->first);
		r->plan->candidates -= bits_has(&p->plan.tree.maybe, doc);
		r->plan->sure -= bits_has(&p->plan.tree.sure, doc);
		bits_unset(&p->plan.tree.maybe, doc);
		bits_unset(&p->plan.tree.sure, doc);
	}
}

/* Counts the proved ones of a segment that is just planned together. */
static void take_sure(struct run *r, struct part *p)
{
	struct bits *sure = &p->plan.tree.sure;
	if (!r->bulk || r->o.has_after || !scope_is_all(r->plan->tree->scope))
		return;
	size_t n = bits_count(sure);
	bits_invert(sure);
	bits_and(&p->plan.tree.maybe, sure);
	bits_invert(sure);
	r->taken += n;
	r->stats.hits += n;
	r->stats.passed += n;
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

/* What is left of a segment: its plan, or the next candidate. 1 a hit; 0 go on; -1. */
static int step_part(struct run *r, struct part *p, bool counting, struct run_hit *out,
		     struct err *err)
{
	int yes = 0;
	if (!p->planned) {
		double start = log_clock_ms();
		if (plan_run(r->plan, p->seg, &p->plan, err) < 0)
			return -1;
		mask(r, p);
		take_sure(r, p);
		list_few(r, p);
		p->planned = true;
		r->stats.ms_plan += log_clock_ms() - start;
	} else if (how_far(r, p) > 0) {
		if (judge_ahead(r, p, how_far(r, p), err) < 0)
			return -1;
	} else {
		yes = judge(r, p, counting, out, err);
		if (yes < 0)
			return -1;
		p->ahead -= p->ahead > 0;
		r->stats.passed++;
		r->stats.has_back = true;
		r->stats.back = p->key;
		p->pos++;
	}
	settle(r, p);
	return yes;
}

uint64_t run_count(struct run *r)
{
	uint64_t n = r->taken;
	r->bulk = true;
	r->taken = 0;
	return n;
}

int run_plan_all(struct run *r, struct err *err)
{
	struct run_hit none;
	for (size_t i = 0; i < r->n_parts; i++)
		if (!r->parts[i].planned && step_part(r, &r->parts[i], true, &none, err) < 0)
			return -1;
	return 1;
}

/* ---- without an index ---- */

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

static void sort_found(struct run *r)
{
	r->scanned = true;
	sort_keys(r, r->found, r->n_found);
}

static bool is_masked(const struct run *r, uint64_t number)
{
	size_t lo = 0, hi = r->o.n_masked;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (r->o.masked[mid] < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->o.n_masked && r->o.masked[lo] == number;
}

/* 1 done; RUN_PAUSED; -1. */
static int scan_all(struct run *r, struct err *err)
{
	double start = log_clock_ms();
	int yes = 1;
	while (yes >= 0 && r->scan_next <= r->scan_to && !halt_pauses(r->o.halt)) {
		if (r->o.tail_until_ms && log_now_ms() >= r->o.tail_until_ms)
			r->scan_to = r->scan_next - 1;
		else if (halt_step(r->o.halt, HALT_JUDGE))
			yes = halt_error(r->o.halt, err);
		else if (!is_masked(r, r->scan_next))
			yes = scan_one(r, r->scan_next, err);
		if (yes < 0 || r->scan_next > r->scan_to)
			break;
		r->scan_next++;
		r->stats.scanned++;
	}
	r->stats.ms_scan += log_clock_ms() - start;
	if (yes < 0)
		return -1;
	if (r->scan_next <= r->scan_to)
		return RUN_PAUSED;
	sort_found(r);
	return 1;
}

/* Found before, now with its copies. 1 or -1. */
static int step_found(struct run *r, bool counting, struct run_hit *out, struct err *err)
{
	int yes = 1;
	*out = (struct run_hit){.key = r->found[r->next_found]};
	if (!counting) {
		match_begin(r->m, out->key.number, NULL);
		yes = match_copies(r->m, &out->copies, &out->n_copies, err);
	}
	if (yes < 0)
		return -1;
	r->next_found++;
	r->stats.has_back = true;
	r->stats.back = out->key;
	return yes;
}

static int next(struct run *r, bool counting, struct run_hit *out, struct err *err)
{
	int yes = r->scanned ? 1 : scan_all(r, err);
	if (yes != 1)
		return yes;
	for (;;) {
		struct part *p = best_part(r);
		bool found = r->next_found < r->n_found &&
			     (p == NULL || before(r->o.sort, r->found[r->next_found], p->key));
		if (!found && p == NULL)
			return 0;
		if (halt_step(r->o.halt, HALT_SMALL))
			return halt_error(r->o.halt, err);
		if (halt_pauses(r->o.halt))
			return RUN_PAUSED;
		yes = found ? step_found(r, counting, out, err)
			    : step_part(r, p, counting, out, err);
		if (yes != 0)
			return yes;
	}
}

int run_next(struct run *r, bool counting, struct run_hit *out, struct err *err)
{
	int yes = next(r, counting, out, err);
	r->stats.hits += yes == 1;
	return yes;
}
