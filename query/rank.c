#include "rank.h"

#include "hint.h"
#include "log.h"
#include "weigh.h"

#include <stdlib.h>

/* A message that may be a hit: where it stands, and in which segment (-1: in none). */
struct candidate {
	int64_t score, date;
	uint32_t number;
	int32_t seg;
};

/* A segment under way. */
struct part {
	struct iseg *seg;
	struct plan_segment plan;
	struct weigh_sets sets;
};

enum stage { PLANS, SCANS, READS, GIVES };

struct rank {
	struct plan *plan;
	struct match *m;
	struct run_options o;
	struct rank_options ro;
	struct weigh w;
	struct part *parts;
	size_t n_parts, n_planned;
	struct run *tail;    /* what has no index, */
	uint64_t tail_to;    /* up to this */
	struct candidate *heap; /* the best on top */
	size_t n_heap, room;
	struct candidate best[RANK_READ]; /* read, by their full score */
	size_t n_best, next_best, n_tried;
	enum stage stage;
	struct arena scratch;
	struct rank_place last;
	bool has_last;
	struct run_stats stats;
};

/* ---- order ---- */

/* Does x stand before y, both read or both not? */
static bool is_before(int64_t x_score, int64_t x_date, uint64_t x, int64_t y_score,
		      int64_t y_date, uint64_t y)
{
	if (x_score != y_score)
		return x_score > y_score;
	return x_date != y_date ? x_date > y_date : x > y;
}

static bool is_better(const struct candidate *x, const struct candidate *y)
{
	return is_before(x->score, x->date, x->number, y->score, y->date, y->number);
}

static int by_score(const void *x, const void *y)
{
	return is_better(x, y) ? -1 : is_better(y, x);
}

/* Was everything up to this one given out before? */
static bool is_done(const struct rank *r, const struct candidate *c, bool behind)
{
	const struct rank_place *p = &r->ro.after;
	if (!r->ro.has_after || behind != p->behind)
		return r->ro.has_after && p->behind && !behind;
	return !is_before(p->score, p->date, p->number, c->score, c->date, c->number);
}

static void sink(struct rank *r, size_t i)
{
	for (;;) {
		size_t kid = 2 * i + 1;
		if (kid >= r->n_heap)
			return;
		if (kid + 1 < r->n_heap && is_better(&r->heap[kid + 1], &r->heap[kid]))
			kid++;
		if (is_better(&r->heap[i], &r->heap[kid]))
			return;
		struct candidate c = r->heap[i];
		r->heap[i] = r->heap[kid];
		r->heap[kid] = c;
		i = kid;
	}
}

static void heapify(struct rank *r)
{
	for (size_t i = r->n_heap / 2; i-- > 0;)
		sink(r, i);
}

static struct candidate pop(struct rank *r)
{
	struct candidate c = r->heap[0];
	r->heap[0] = r->heap[--r->n_heap];
	sink(r, 0);
	return c;
}

static void push(struct rank *r, struct candidate c)
{
	if (r->n_heap == r->room) {
		r->room = r->room ? 2 * r->room : 256;
		r->heap = err_realloc(r->heap, r->room * sizeof *r->heap);
	}
	r->heap[r->n_heap++] = c;
}

/* ---- opening ---- */

static uint64_t least(uint64_t x, uint64_t y)
{
	return x < y ? x : y;
}

void rank_open(struct rank **out, const struct rank_options *o)
{
	const struct scope *scope = o->plan->tree->scope;
	struct run_options tail = o->run;
	struct rank *r = err_alloc(sizeof *r);
	*out = r;
	*r = (struct rank){.ro = *o, .plan = o->plan, .m = o->match, .o = o->run,
			   .n_parts = o->n_segs};
	weigh_open(&r->w, scope->a, o->plan->tree->root, o->recent);
	r->parts = err_alloc(o->n_segs * sizeof *r->parts + 1);
	for (size_t i = 0; i < o->n_segs; i++)
		r->parts[i].seg = &o->segs[i];
	tail.sort = RUN_NUMBER;
	tail.no_index = true;
	tail.dateless = false;
	tail.tail_to = least(tail.tail_to, o->found_to);
	r->tail_to = tail.tail_to;
	run_open(&r->tail, o->segs, o->n_segs, o->plan, o->match, &tail);
	if (scope->limited) {
		/* Whoever sees some mail only is told nothing of how much other there is. */
		const struct plan_numbers *own = &o->plan->scope;
		uint64_t last = own->n[0] ? own->list[0][own->n[0] - 1] : 0;
		r->ro.found_to = least(r->ro.found_to, last);
		r->ro.counted_to = least(r->ro.counted_to, last);
	}
}

void rank_close(struct rank **r)
{
	if (*r == NULL)
		return;
	for (size_t i = 0; i < (*r)->n_parts; i++) {
		plan_release(&(*r)->parts[i].plan);
		weigh_release(&(*r)->parts[i].sets);
	}
	run_close(&(*r)->tail);
	weigh_close(&(*r)->w);
	arena_free(&(*r)->scratch);
	free((*r)->parts);
	free((*r)->heap);
	free(*r);
	*r = NULL;
}

/* ---- planning and weighing ---- */

/* Takes out what is hidden, and what stands behind `last`. */
static void mask(const struct rank *r, const struct iseg *seg, uint64_t last, struct bits *b)
{
	for (size_t i = 0; i < r->o.n_masked; i++)
		if (r->o.masked[i] >= seg->first && r->o.masked[i] <= seg->last)
			bits_unset(b, (size_t)(r->o.masked[i] - seg->first));
	for (uint64_t n = last < seg->first ? seg->first : last + 1; n <= seg->last; n++)
		bits_unset(b, (size_t)(n - seg->first));
}

/* The documents that statistics are of. */
static struct bits counted(const struct rank *r, const struct iseg *seg)
{
	struct bits b = bits_new((size_t)(seg->last - seg->first + 1));
	plan_mark_scope(r->plan, seg, &b);
	mask(r, seg, r->ro.counted_to, &b);
	return b;
}

static int plan_part(struct rank *r, struct part *p, struct err *err)
{
	struct plan_sets *t = &p->plan.tree;
	if (!r->o.no_index) {
		if (plan_run(r->plan, p->seg, &p->plan, err) < 0)
			return -1;
		r->plan->candidates -= bits_count(&t->maybe);
		r->plan->sure -= bits_count(&t->sure);
		mask(r, p->seg, r->ro.found_to, &t->maybe);
		bits_and(&t->sure, &t->maybe);
		r->plan->candidates += bits_count(&t->maybe);
		r->plan->sure += bits_count(&t->sure);
	}
	struct bits in = counted(r, p->seg);
	int x = weigh_segment(&r->w, p->seg, &in, &p->sets, err);
	bits_free(&in);
	return x;
}

int rank_plan_all(struct rank *r, struct err *err)
{
	double start = log_clock_ms();
	for (; r->n_planned < r->n_parts; r->n_planned++)
		if (plan_part(r, &r->parts[r->n_planned], err) < 0)
			return -1;
	r->stats.ms_plan += log_clock_ms() - start;
	return 1;
}

static int weigh_part(struct rank *r, size_t k, struct err *err)
{
	struct part *p = &r->parts[k];
	const struct bits *maybe = &p->plan.tree.maybe;
	for (size_t i = 0; i < maybe->n; i++) {
		if (i % 64 == 0 && halt_step(r->o.halt, HALT_SMALL))
			return halt_error(r->o.halt, err);
		if (i % 64 == 0 && maybe->w[i / 64] == 0) {
			i += 63;
			continue;
		}
		if (!bits_has(maybe, i))
			continue;
		push(r, (struct candidate){
			weigh_cheap(&r->w, &p->sets, &p->seg->order, i),
			order_date(&p->seg->order, (uint32_t)i + 1),
			(uint32_t)(p->seg->first + i), (int32_t)k});
	}
	weigh_release(&p->sets);
	return 1;
}

/* Plans and weighs what is indexed. 1 or -1. */
static int plan_all(struct rank *r, struct err *err)
{
	if (rank_plan_all(r, err) < 0)
		return -1;
	double start = log_clock_ms();
	weigh_settle(&r->w);
	for (size_t k = 0; k < r->n_parts && !r->o.no_index; k++)
		if (weigh_part(r, k, err) < 0)
			return -1;
	r->stats.ms_plan += log_clock_ms() - start;
	return 1;
}

/* ---- reading ---- */

/* The scores of the message that the matcher has at hand. The cheap one is of use only where terms
 * did not tell it: the catalog need not be asked for the size of what has an index. */
static int weigh(struct rank *r, int64_t date, struct weigh_score *out, struct err *err)
{
	struct mtext *t = match_texts(r->m);
	*out = (struct weigh_score){0};
	if (mtext_load(t, err) < 0 || (!t->has_record && mtext_parse(t, err) < 0))
		return -1;
	if (t->has_record)
		*out = weigh_record(&r->w, t, t->msg.rfc822_size, date, &r->scratch);
	return 1;
}

/* Weighs the hits without an index. 1 all; RUN_PAUSED; -1. */
static int scan(struct rank *r, struct err *err)
{
	struct run_hit hit;
	struct weigh_score score;
	int x;
	while ((x = run_next(r->tail, false, &hit, err)) == 1) {
		if (weigh(r, hit.key.date, &score, err) < 0)
			return -1;
		push(r, (struct candidate){score.cheap, hit.key.date, (uint32_t)hit.key.number,
					   -1});
	}
	return x == 0 ? 1 : x;
}

/* Lets the matcher judge a candidate. counting: its copies are not wanted. known: it said yes
 * before. 1, 0, -1. */
static int judge(struct rank *r, const struct candidate *c, bool counting, bool known,
		 struct run_hit *out, struct err *err)
{
	struct part *p = c->seg < 0 ? NULL : &r->parts[c->seg];
	*out = (struct run_hit){.key = {c->date, c->number}, .seg = p ? p->seg : NULL};
	if (halt_step(r->o.halt, HALT_JUDGE))
		return halt_error(r->o.halt, err);
	if (p)
		hint_give(r->m, &p->plan, p->seg, c->number);
	else
		match_begin(r->m, c->number, NULL);
	/* What the tree says of the message it says of each copy, unless it asks about copies. */
	if (known && !r->plan->tree->copies)
		match_sure(r->m);
	return counting ? match_message(r->m, err)
			: match_copies(r->m, &out->copies, &out->n_copies, err);
}

static int judge_new(struct rank *r, const struct candidate *c, bool counting,
		     struct run_hit *out, struct err *err)
{
	int yes = judge(r, c, counting, false, out, err);
	if (c->seg < 0 || yes < 0)
		return yes;
	const struct part *p = &r->parts[c->seg];
	bool sure = bits_has(&p->plan.tree.sure, (size_t)(c->number - p->seg->first));
	r->stats.passed++;
	r->stats.judged += !sure;
	r->stats.judged_yes += !sure && yes > 0;
	r->stats.parsed += match_texts(r->m)->has_mail;
	return yes;
}

/* Reads the best. When all of these were given out before it matters only which they are. 1;
 * RUN_PAUSED; -1. */
static int read_best(struct rank *r, struct err *err)
{
	bool given = r->ro.has_after && r->ro.after.behind;
	struct weigh_score score = {0};
	struct run_hit hit;
	while (r->n_heap > 0 && r->n_best < RANK_READ && r->n_tried < RANK_TRIED) {
		if (halt_pauses(r->o.halt))
			return RUN_PAUSED;
		struct candidate c = r->heap[0];
		int yes = judge_new(r, &c, true, &hit, err);
		if (yes < 0 || (yes > 0 && !given && weigh(r, c.date, &score, err) < 0))
			return -1;
		pop(r);
		r->n_tried++;
		if (yes > 0) {
			c.score = score.full;
			r->best[r->n_best++] = c;
		}
	}
	if (r->n_best > 1)
		qsort(r->best, r->n_best, sizeof *r->best, by_score);
	return 1;
}

/* ---- giving out ---- */

static int prepare(struct rank *r, struct err *err)
{
	int x = 1;
	while (x == 1 && r->stage != GIVES) {
		if (r->stage == PLANS) {
			x = plan_all(r, err);
		} else if (r->stage == SCANS) {
			x = scan(r, err);
			heapify(r);
		} else {
			x = read_best(r, err);
		}
		if (x == 1)
			r->stage++;
	}
	return x;
}

static int give(struct rank *r, const struct candidate *c, bool behind)
{
	r->last = (struct rank_place){behind, c->score, c->date, c->number};
	r->has_last = true;
	r->stats.hits++;
	return 1;
}

int rank_next(struct rank *r, bool counting, struct run_hit *out, struct err *err)
{
	int x = prepare(r, err);
	if (x != 1)
		return x;
	while (r->next_best < r->n_best) {
		const struct candidate *c = &r->best[r->next_best];
		x = is_done(r, c, false) ? 0 : judge(r, c, counting, true, out, err);
		if (x < 0)
			return -1;
		r->next_best++;
		if (x > 0)
			return give(r, c, false);
	}
	while (r->n_heap > 0) {
		if (halt_pauses(r->o.halt))
			return RUN_PAUSED;
		struct candidate c = r->heap[0];
		x = is_done(r, &c, true) ? 0 : judge_new(r, &c, counting, out, err);
		if (x < 0)
			return -1;
		pop(r);
		if (x > 0)
			return give(r, &c, true);
	}
	return 0;
}

struct run_stats rank_stats(const struct rank *r)
{
	struct run_stats s = r->stats, tail = run_stats(r->tail);
	s.segments_left = r->o.no_index ? 0 : r->n_parts - r->n_planned;
	s.scanned = tail.scanned;
	s.found = tail.found;
	/* What came in since the first page is no part of the answer. */
	s.scanned_to = tail.scanned_to >= r->tail_to ? r->o.tail_to : tail.scanned_to;
	s.ms_scan = tail.ms_scan;
	return s;
}

/* ---- the cursor ---- */

struct str rank_cursor(const struct rank *r, struct arena *a)
{
	if (!r->has_last)
		return STR("");
	return arena_fmt(a, "%c%llu.%llu.%d.%lld.%lld.%llu", r->ro.recent ? 'm' : 'r',
			 (unsigned long long)r->ro.counted_to, (unsigned long long)r->ro.found_to,
			 r->last.behind, (long long)r->last.score, (long long)r->last.date,
			 (unsigned long long)r->last.number);
}

static bool read_signed(struct str *s, int64_t *out)
{
	struct str piece;
	uint64_t abs;
	if (!str_split(s, '.', &piece))
		return false;
	bool minus = str_starts(piece, STR("-"));
	if (!str_u64(str_cut(piece, minus, piece.n), &abs) || abs > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)abs : (int64_t)abs;
	return true;
}

int rank_read(struct str s, struct rank_options *out)
{
	int64_t field[6];
	if (!str_starts(s, out->recent ? STR("m") : STR("r")))
		return 0;
	s = str_cut(s, 1, s.n);
	for (size_t i = 0; i < 6; i++)
		if (!read_signed(&s, &field[i]))
			return 0;
	if (s.n > 0 || field[0] < 0 || field[1] < 0 || field[2] < 0 || field[2] > 1 ||
	    field[5] < 0)
		return 0;
	out->counted_to = (uint64_t)field[0];
	out->found_to = (uint64_t)field[1];
	out->after = (struct rank_place){field[2] == 1, field[3], field[4], (uint64_t)field[5]};
	out->has_after = true;
	return 1;
}
