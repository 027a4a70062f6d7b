#define _POSIX_C_SOURCE 200809L

#include "plan.h"

#include "narrow.h"
#include "rights.h"
#include "schema.h"
#include "wild.h"

#include <stdlib.h>
#include <time.h>

/* SAVEDATE where it is known, else the day of INTERNALDATE. */
#define SAVED "CASE savedate WHEN 0 THEN "
#define SAVED_AT "savedate + 60 * savezone"
/* So few candidates are cheaper to judge than to narrow further: by a list from the catalog, by
 * terms and filter. */
#define FEW 256
#define FEW_RECORDS 64
/* So few are cheaper to judge than to narrow any further. */
#define VERY_FEW 16
/* More ranges than this are left to the matcher. */
#define MAX_RANGES 200

struct walk {
	struct plan *p;
	struct narrow n;
	struct plan_segment *out;
	size_t room; /* candidates that the other sides of an AND leave */
};

static int walk_node(struct walk *w, const struct qnode *q, struct plan_sets *out,
		     struct err *err);

/* ---- sets ---- */

static struct plan_sets new_sets(size_t n)
{
	return (struct plan_sets){.maybe = bits_new(n), .sure = bits_new(n)};
}

static void free_sets(struct plan_sets *s)
{
	bits_free(&s->maybe);
	bits_free(&s->sure);
	bits_free(&s->head);
	bits_free(&s->body);
}

static void unknown(struct plan_sets *s)
{
	bits_fill(&s->maybe);
}

static void known_all(struct plan_sets *s)
{
	bits_fill(&s->maybe);
	bits_fill(&s->sure);
}

/* ---- leaves the catalog answers ---- */

static int add_list(struct plan *p, struct plan_numbers *l, const struct archive_select *s,
		    struct err *err)
{
	struct arena *a = p->tree->scope->a;
	l->list = arena_grow(a, l->list, l->lists, sizeof *l->list);
	l->n = arena_grow(a, l->n, l->lists, sizeof *l->n);
	if (archive_select(p->ar, a, s, &l->list[l->lists], &l->n[l->lists], err) < 0)
		return -1;
	l->lists++;
	return 1;
}

/* The messages with copies that a condition selects, and those with copies that `other` does. */
static int both(struct plan *p, struct plan_numbers *l, struct archive_select s,
		const char *other, struct err *err)
{
	if (add_list(p, l, &s, err) < 0)
		return -1;
	s.where = other;
	l->has_other = true;
	return archive_select(p->ar, p->tree->scope->a, &s, &l->other, &l->n_other, err);
}

static bool wants_epoch(const struct scope *sc, const struct qnode *q, size_t i)
{
	if (q->kind == QNODE_ACCOUNT)
		return scope_fits(q->needle, sc->epochs[i].account);
	return q->kind == QNODE_RECENT || scope_fits_mailbox(sc, i, q->needle);
}

/* Over the epochs of the scope that the leaf wants, all in one question: there may be thousands. */
static int ask_epochs(struct plan *p, const struct qnode *q, struct plan_numbers *l,
		      struct err *err)
{
	const struct scope *sc = p->tree->scope;
	bool *in = arena_alloc(sc->a, sc->n_epochs + 1);
	struct archive_select s = {0};
	struct buf b;
	const char *comma = "";
	for (size_t i = 0; i < sc->n_epochs; i++)
		in[i] = sc->in[i] && wants_epoch(sc, q, i);
	if (q->kind != QNODE_RECENT) {
		s.where = rights_condition(sc->a, sc->epochs, sc->n_epochs, in).p;
		return add_list(p, l, &s, err);
	}
	buf_init(&b, (size_t)64 << 20);
	buf_str(&b, STR("(epoch, run) IN (VALUES "));
	for (size_t i = 0; i < sc->n_epochs; i++, comma = in[i - 1] ? "," : comma)
		if (in[i])
			buf_fmt(&b, "%s(%lld,%lld)", comma, (long long)sc->epochs[i].id,
				(long long)sc->newest_run[i]);
	buf_chr(&b, ')');
	s.where = arena_str(sc->a, buf_all(&b)).p;
	buf_free(&b);
	return *comma == '\0' ? 1 : add_list(p, l, &s, err);
}

static int ask_sets(struct plan *p, const struct match_leaf *leaf, struct plan_numbers *l,
		    struct err *err)
{
	for (size_t i = 0; i < leaf->n_sets; i++)
		for (size_t j = 0; j < leaf->sets[i].n; j++) {
			const struct qnode_range *r = &leaf->sets[i].ranges[j];
			struct archive_select s = {
				.where = "epoch = ?1 AND uid BETWEEN ?2 AND ?3",
				.arg = {leaf->sets[i].epoch, r->lo, r->hi}};
			if (add_list(p, l, &s, err) < 0)
				return -1;
		}
	return 1;
}

static int ask_keyword(struct plan *p, const struct qnode *q, struct plan_numbers *l,
		       struct err *err)
{
	struct archive_select s = {
		.where = "keywords <> '' AND instr(' ' || lower(keywords) || ' ', lower(?5)) > 0",
		.text = arena_fmt(p->tree->scope->a, " %.*s ", STR_ARG(q->needle)).p};
	return both(p, l, s, "keywords = '' OR instr(' ' || lower(keywords) || ' ', lower(?5)) = 0",
		    err);
}

/* What only some servers tell. */
static int ask_harvested(struct plan *p, const struct qnode *q, struct plan_numbers *l,
			 struct err *err)
{
	struct arena *a = p->tree->scope->a;
	struct archive_select s = {.where = "savedate <> 0", .arg = {q->day}};
	switch (q->kind) {
	case QNODE_SAVEDBEFORE:
		s.where = SAVED "day < ?1 ELSE " SAVED_AT " < ?1 * 86400 END";
		break;
	case QNODE_SAVEDON:
		s.where = SAVED "day = ?1 ELSE " SAVED_AT " BETWEEN ?1 * 86400 AND"
			  " ?1 * 86400 + 86399 END";
		break;
	case QNODE_SAVEDSINCE:
		s.where = SAVED "day >= ?1 ELSE " SAVED_AT " >= ?1 * 86400 END";
		break;
	case QNODE_EMAILID: case QNODE_THREADID:
		s.where = q->kind == QNODE_EMAILID ? "emailid = ?5" : "threadid = ?5";
		s.text = arena_str(a, q->needle).p;
		break;
	case QNODE_MODSEQ:
		s.where = "modseq > 0 AND modseq >= ?1";
		s.arg[0] = (int64_t)q->number;
		break;
	default:
		break;
	}
	return both(p, l, s, arena_fmt(a, "NOT (%s)", s.where).p, err);
}

static int ask(struct plan *p, const struct qnode *q, struct plan_numbers *l, struct err *err)
{
	struct archive_select s = {.where = "day < ?1", .arg = {q->day}};
	const char *other = "day >= ?1";
	l->asked = true;
	switch (q->kind) {
	case QNODE_BEFORE:
		break;
	case QNODE_ON:
		s.where = "day = ?1";
		other = "day < ?1 OR day > ?1";
		break;
	case QNODE_SINCE:
		s.where = "day >= ?1";
		other = "day < ?1";
		break;
	case QNODE_OLDER: case QNODE_YOUNGER:
		s.where = q->kind == QNODE_OLDER ? "internaldate <= ?1" : "internaldate >= ?1";
		other = q->kind == QNODE_OLDER ? "internaldate > ?1" : "internaldate < ?1";
		s.arg[0] = p->tree->now - (int64_t)q->number;
		break;
	case QNODE_FLAG:
		s.where = "flags & ?1";
		other = "NOT flags & ?1";
		s.arg[0] = (int64_t)q->number;
		break;
	case QNODE_KEYWORD:
		return ask_keyword(p, q, l, err);
	case QNODE_UID: case QNODE_SEQ:
		return ask_sets(p, &p->tree->leaves[q->leaf], l, err);
	case QNODE_ACCOUNT: case QNODE_MAILBOX: case QNODE_RECENT:
		return ask_epochs(p, q, l, err);
	default:
		return ask_harvested(p, q, l, err);
	}
	return both(p, l, s, other, err);
}

/* Do the catalog's lists say of a leaf which messages it surely selects? */
static bool proves(const struct qnode *q)
{
	return q->kind != QNODE_UID && q->kind != QNODE_SEQ && q->kind != QNODE_ACCOUNT &&
	       q->kind != QNODE_MAILBOX && q->kind != QNODE_RECENT;
}

static void mark_list(const uint32_t *list, size_t n, const struct iseg *seg, struct bits *out)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (list[mid] < seg->first)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < n && list[lo] <= seg->last; lo++)
		bits_set(out, (size_t)(list[lo] - seg->first));
}

static void mark_numbers(const struct plan_numbers *l, const struct iseg *seg, struct bits *out)
{
	for (size_t i = 0; i < l->lists; i++)
		mark_list(l->list[i], l->n[i], seg, out);
}

static size_t n_ranges(const struct match_leaf *leaf)
{
	size_t n = 0;
	for (size_t i = 0; i < leaf->n_sets; i++)
		n += leaf->sets[i].n;
	return n;
}

/* Sure is a message of which no copy is left out. That one copy fits does not say so. */
static int copy_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out,
		     struct err *err)
{
	struct plan_numbers *l = &w->p->numbers[q->leaf];
	bool skip = w->room <= FEW || (!w->p->wanted[q->leaf] && !proves(q)) ||
		    n_ranges(&w->p->tree->leaves[q->leaf]) > MAX_RANGES;
	if (!l->asked && skip) {
		unknown(out);
		return 1;
	}
	if (!l->asked && ask(w->p, q, l, err) < 0)
		return -1;
	mark_numbers(l, w->n.seg, &out->maybe);
	if (l->has_other) {
		mark_list(l->other, l->n_other, w->n.seg, &out->sure);
		bits_invert(&out->sure);
		bits_and(&out->sure, &out->maybe);
	}
	return 1;
}

/* ---- leaves the segment answers ---- */

static void sent_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out)
{
	int32_t lo = q->kind == QNODE_SENTBEFORE ? INT32_MIN : q->day;
	int32_t hi = q->kind == QNODE_SENTSINCE ? INT32_MAX : q->day;
	if (q->kind != QNODE_SENTBEFORE)
		narrow_days(&w->n, lo, hi, &out->maybe, &out->sure);
	else if (q->day > INT32_MIN)
		narrow_days(&w->n, lo, q->day - 1, &out->maybe, &out->sure);
}

static void size_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out)
{
	if (q->kind == QNODE_SMALLER && q->number > 0)
		narrow_sizes(&w->n, 0, q->number - 1, &out->maybe, &out->sure);
	if (q->kind == QNODE_LARGER && q->number < UINT64_MAX)
		narrow_sizes(&w->n, q->number + 1, UINT64_MAX, &out->maybe, &out->sure);
}

static int key_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out, struct err *err)
{
	static const enum mail_key key[] = {
		[QNODE_FROM] = MAIL_FROM, [QNODE_TO] = MAIL_TO, [QNODE_CC] = MAIL_CC,
		[QNODE_BCC] = MAIL_BCC, [QNODE_SUBJECT] = MAIL_SUBJECT,
	};
	return narrow_key(&w->n, key[q->kind], q->mapped, &out->maybe, err);
}

/* People's tags and threads are known of every message: nothing is left for the matcher. */
static int tag_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out)
{
	const struct match_leaf *leaf = &w->p->tree->leaves[q->leaf];
	mark_list(leaf->numbers, leaf->n_numbers, w->n.seg, &out->maybe);
	bits_or(&out->sure, &out->maybe);
	return 1;
}

static int message_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out,
			struct err *err)
{
	switch (q->kind) {
	case QNODE_SENTBEFORE: case QNODE_SENTON: case QNODE_SENTSINCE:
		sent_leaf(w, q, out);
		return 1;
	case QNODE_LARGER: case QNODE_SMALLER:
		size_leaf(w, q, out);
		return 1;
	case QNODE_TAG: case QNODE_THREAD: case QNODE_ID:
		return tag_leaf(w, q, out);
	case QNODE_HEADER:
		if (q->name.n == 0)
			return 1; /* a field without a name is found by no key but TEXT */
		return narrow_header(&w->n, q->name, q->mapped, &out->maybe, &out->sure, err);
	case QNODE_BODY: case QNODE_TEXT:
		if (q->mapped.n == 0) {
			known_all(out);
			return 1;
		}
		if (q->kind == QNODE_BODY)
			return narrow_body(&w->n, q->mapped, &out->maybe, &out->sure, err);
		out->head = bits_new(out->maybe.n);
		return narrow_text(&w->n, q->mapped, &(struct narrow_text){
			&out->maybe, &out->sure, &out->head, &out->body}, err);
	case QNODE_HAS:
		return narrow_has(&w->n, q->needle, &out->maybe, &out->sure, err);
	case QNODE_WILD: case QNODE_NEAR:
		return wild_narrow(&w->n, q, &out->maybe, err);
	case QNODE_WORD:
		if (q->stem) {
			struct narrow_stem s = {q->words[0], q->mapped, q->lang};
			return narrow_stem(&w->n, q->name, &s, &out->maybe, err);
		}
		return narrow_words(&w->n, q->name, q->words, q->n_words, &out->maybe, err);
	default:
		return key_leaf(w, q, out, err);
	}
}

/* ---- what was found before ---- */

/* Does it look into texts, which takes long? What else there is takes no longer than keeping. */
static bool is_kept(const struct qnode *q)
{
	switch (q->kind) {
	case QNODE_FROM: case QNODE_TO: case QNODE_CC: case QNODE_BCC: case QNODE_SUBJECT:
	case QNODE_HEADER: case QNODE_BODY: case QNODE_TEXT:
		return true;
	case QNODE_WORD:
		return !q->stem; /* what a stem finds is told by more than its letters */
	default:
		return false;
	}
}

static void add_part(struct buf *b, struct str s)
{
	buf_fmt(b, "%zu ", s.n);
	buf_str(b, s);
}

/* All that the planner reads of a leaf. A name as it is typed: only ASCII is one of the five. */
static struct str key_of(struct plan *p, const struct qnode *q)
{
	struct str *key = &p->keys[q->leaf];
	struct buf b;
	if (key->p)
		return *key;
	buf_init(&b, SIZE_MAX / 2);
	buf_fmt(&b, "%d ", (int)q->kind);
	add_part(&b, q->name);
	add_part(&b, q->mapped);
	for (size_t i = 0; i < q->n_words; i++)
		add_part(&b, q->words[i]);
	*key = arena_str(p->tree->scope->a, buf_all(&b));
	buf_free(&b);
	return *key;
}

static int kept_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out,
		     struct err *err)
{
	struct plan *p = w->p;
	if (p->kept == NULL || !is_kept(q))
		return message_leaf(w, q, out, err);
	struct bits *const sets[] = {&out->maybe, &out->sure, &out->head, &out->body};
	struct setcache_key key = {w->n.seg->first, w->n.seg->last, key_of(p, q)};
	if (setcache_get(p->kept, &key, sets, 4))
		return 1;
	int r = message_leaf(w, q, out, err);
	if (r > 0)
		setcache_put(p->kept, &key, sets, 4);
	return r;
}

/* The marks of the segment, which every plan needs. */
static int open_segment(struct plan *p, struct narrow *n, struct iseg *seg, struct err *err)
{
	struct bits *const sets[] = {&n->always, &n->unknown};
	struct setcache_key key = {seg->first, seg->last, STR("marks")};
	narrow_open(n, seg);
	if (p->kept && setcache_get(p->kept, &key, sets, 2))
		return 1;
	if (narrow_marks(n, err) < 0)
		return -1;
	if (p->kept)
		setcache_put(p->kept, &key, sets, 2);
	return 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Is it told by numbers, or lists of them, that are at hand? */
static bool is_at_hand(const struct qnode *q)
{
	switch (q->kind) {
	case QNODE_SENTBEFORE: case QNODE_SENTON: case QNODE_SENTSINCE:
	case QNODE_LARGER: case QNODE_SMALLER: case QNODE_TAG: case QNODE_THREAD:
	case QNODE_ID:
		return true;
	default:
		return false;
	}
}

static bool may_stand_in_headers(const struct qnode *q)
{
	return q->kind == QNODE_TEXT || q->kind == QNODE_HEADER;
}

/* Is judging what is left cheaper than to look the leaf up? */
static bool is_not_worth_it(const struct walk *w, const struct qnode *q)
{
	if (is_at_hand(q) || qnode_is_copy(q))
		return false;
	return w->room <= FEW_RECORDS;
}

static int walk_leaf(struct walk *w, const struct qnode *q, struct plan_sets *out,
		     struct err *err)
{
	struct plan *p = w->p;
	struct plan_leaf *sum = &p->sums[q->leaf];
	uint64_t start = now_ns();
	if (is_not_worth_it(w, q)) {
		unknown(out);
		return 1;
	}
	if (halt_step(p->halt, HALT_JUDGE))
		return halt_error(p->halt, err);
	int r = qnode_is_copy(q) ? copy_leaf(w, q, out, err) : kept_leaf(w, q, out, err);
	sum->ns += now_ns() - start;
	if (r < 0)
		return -1;
	sum->docs += out->maybe.n;
	sum->maybe += bits_count(&out->maybe);
	sum->sure += bits_count(&out->sure);
	if (p->tree->n <= PLAN_MAX_KEPT && !qnode_is_copy(q)) {
		w->out->leaves[q->leaf] = (struct plan_sets){
			bits_copy(&out->maybe), bits_copy(&out->sure), out->head, out->body};
		out->head = out->body = (struct bits){0};
	}
	return 1;
}

/* ---- the tree ---- */

enum cost { COST_NUMBERS, COST_RECORD, COST_COPIES, COST_MESSAGE, COSTS };

/* The dearest of what a node asks for. Numbers cost nothing; lists from the catalog are not worth
 * making when texts leave few, but cheaper than text that may stand anywhere. */
static enum cost cost_of(const struct qnode *q)
{
	enum cost most = COST_NUMBERS;
	if (qnode_is_copy(q))
		return COST_COPIES;
	if (qnode_is_leaf(q) && !is_at_hand(q))
		most = may_stand_in_headers(q) ? COST_MESSAGE : COST_RECORD;
	for (size_t i = 0; i < q->n_kids; i++) {
		enum cost x = cost_of(q->kids[i]);
		most = x > most ? x : most;
	}
	return most;
}

static int join_kid(struct walk *w, const struct qnode *q, size_t i, struct plan_sets *out,
		    struct err *err)
{
	struct plan_sets kid = new_sets(out->maybe.n);
	int r = walk_node(w, q->kids[i], &kid, err);
	if (r > 0 && q->kind == QNODE_AND) {
		bits_and(&out->maybe, &kid.maybe);
		bits_and(&out->sure, &kid.sure);
	} else if (r > 0) {
		bits_or(&out->maybe, &kid.maybe);
		bits_or(&out->sure, &kid.sure);
	}
	free_sets(&kid);
	return r;
}

/* The cheap kids first: when they leave few, the others need not be looked up. */
static int walk_join(struct walk *w, const struct qnode *q, struct plan_sets *out,
		     struct err *err)
{
	size_t was = w->room;
	int r = 1;
	if (q->kind == QNODE_AND)
		known_all(out);
	for (int cost = 0; cost < COSTS; cost++)
		for (size_t i = 0; r > 0 && i < q->n_kids; i++) {
			if (cost_of(q->kids[i]) != (enum cost)cost)
				continue;
			r = join_kid(w, q, i, out, err);
			if (q->kind != QNODE_AND)
				continue;
			size_t n = bits_count(&out->maybe);
			w->room = n < w->room ? n : w->room;
		}
	w->room = was;
	return r;
}

static int walk_node(struct walk *w, const struct qnode *q, struct plan_sets *out,
		     struct err *err)
{
	struct bits swap;
	switch (q->kind) {
	case QNODE_ALL:
		known_all(out);
		return 1;
	case QNODE_NOT:
		if (walk_node(w, q->kids[0], out, err) < 0)
			return -1;
		bits_invert(&out->maybe);
		bits_invert(&out->sure);
		swap = out->maybe;
		out->maybe = out->sure;
		out->sure = swap;
		return 1;
	case QNODE_AND:
	case QNODE_OR:
		return walk_join(w, q, out, err);
	default:
		return walk_leaf(w, q, out, err);
	}
}

/* ---- the planner ---- */

static void find_wanted(struct plan *p, const struct qnode *q, bool negated)
{
	if (qnode_is_leaf(q))
		p->wanted[q->leaf] = !negated;
	for (size_t i = 0; i < q->n_kids; i++)
		find_wanted(p, q->kids[i], q->kind == QNODE_NOT ? !negated : negated);
}

int plan_open(struct plan *p, struct archive *ar, const struct match_tree *tree, struct err *err)
{
	struct arena *a = tree->scope->a;
	*p = (struct plan){.ar = ar, .tree = tree};
	p->wanted = arena_alloc(a, tree->n * sizeof *p->wanted + 1);
	p->keys = arena_alloc(a, tree->n * sizeof *p->keys + 1);
	p->numbers = arena_alloc(a, tree->n * sizeof *p->numbers + 1);
	p->sums = arena_alloc(a, tree->n * sizeof *p->sums + 1);
	find_wanted(p, tree->root, false);
	if (scope_is_all(tree->scope))
		return 1;
	p->scope.asked = true;
	struct archive_select s = {.where = scope_condition(tree->scope).p};
	return add_list(p, &p->scope, &s, err);
}

void plan_mark_scope(const struct plan *p, const struct iseg *seg, struct bits *out)
{
	if (p->scope.asked)
		mark_numbers(&p->scope, seg, out);
	else
		bits_fill(out);
}

static int plan_tree(struct walk *w, struct err *err)
{
	struct plan *p = w->p;
	struct plan_sets *out = &w->out->tree;
	if (p->scope.asked) {
		struct bits in = bits_new(out->maybe.n);
		plan_mark_scope(p, w->n.seg, &in);
		size_t n = bits_count(&in);
		int r = 1;
		w->room = n;
		if (n > VERY_FEW)
			r = walk_node(w, p->tree->root, out, err);
		else
			unknown(out);
		p->by_scope += n <= VERY_FEW;
		bits_and(&out->maybe, &in);
		bits_free(&in);
		return r;
	}
	return walk_node(w, p->tree->root, out, err);
}

int plan_run(struct plan *p, struct iseg *seg, struct plan_segment *out, struct err *err)
{
	struct walk w = {.p = p, .out = out, .room = SIZE_MAX};
	*out = (struct plan_segment){0};
	if (open_segment(p, &w.n, seg, err) < 0) {
		narrow_close(&w.n);
		return -1;
	}
	w.n.halt = p->halt;
	size_t docs = (size_t)(seg->last - seg->first + 1);
	out->tree = new_sets(docs);
	out->n_leaves = p->tree->n;
	out->leaves = err_alloc(p->tree->n * sizeof *out->leaves);
	int r = plan_tree(&w, err);
	out->lost = bits_copy(&w.n.unknown);
	narrow_close(&w.n);
	if (r < 0) {
		plan_release(out);
		return -1;
	}
	bits_and(&out->tree.sure, &out->tree.maybe);
	p->segments++;
	p->docs += docs;
	p->candidates += bits_count(&out->tree.maybe);
	p->sure += bits_count(&out->tree.sure);
	return 1;
}

void plan_release(struct plan_segment *s)
{
	for (size_t i = 0; i < s->n_leaves; i++)
		free_sets(&s->leaves[i]);
	free(s->leaves);
	free_sets(&s->tree);
	bits_free(&s->lost);
	*s = (struct plan_segment){0};
}
