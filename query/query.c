#include "query.h"

#include "boxq.h"
#include "disposal.h"
#include "explain.h"
#include "halt.h"
#include "imapq.h"
#include "jsonq.h"
#include "lang.h"
#include "log.h"
#include "message.h"
#include "noindex.h"
#include "ownview.h"
#include "rank.h"
#include "schema.h"
#include "segments.h"
#include "setcache.h"
#include "snippet.h"
#include "tagged.h"
#include "thread.h"
#include "where.h"

#include <stdlib.h>
#include <time.h>

struct qdb {
	struct archive *ar;
	struct segments segs;
	struct setcache *kept;
	struct tagged *tags; /* NULL until a query asks for one */
	struct thread_table threads;
	unsigned open; /* queries */
};

struct query {
	struct qdb *db;
	struct arena *a;
	struct query_options o;
	const struct qnode *root;
	struct imapret ret;
	bool modseq; /* is there a MODSEQ key? */
	const struct query_warning *warnings;
	size_t n_warnings;
	struct scope scope;
	struct match_tree tree;
	struct plan plan;
	struct match *match;
	struct run *run;   /* one of these two */
	struct rank *rank;
	struct snippet_needles needles;
	struct run_key last;
	struct run_hit at; /* of query_walk */
	bool has_last, unfilled; /* unfilled: a hit was found, but not given out */
	struct halt halt;
	uint64_t pause_every, stored_to, counted;
	double ms_open, ms_run, ms_fetch, ms_snippets;
};

/* ---- the handle ---- */

int query_db_open(struct qdb **out, const char *dir, struct err *err)
{
	struct qdb *db = err_alloc(sizeof *db);
	mail_init();
	if (archive_open(&db->ar, dir, ARCHIVE_READ, err) < 0) {
		free(db);
		return -1;
	}
	archive_scattered(db->ar);
	db->kept = setcache_new();
	segments_init(&db->segs, archive_dir(db->ar));
	if (segments_refresh(&db->segs, err) < 0) {
		query_db_close(&db);
		return -1;
	}
	*out = db;
	return 1;
}

void query_db_close(struct qdb **db)
{
	if (*db == NULL)
		return;
	segments_close(&(*db)->segs);
	setcache_free(&(*db)->kept);
	tagged_close(&(*db)->tags);
	thread_close(&(*db)->threads);
	archive_close(&(*db)->ar);
	free(*db);
	*db = NULL;
}

int query_db_refresh(struct qdb *db, struct err *err)
{
	struct arena was = {0};
	if (db->open > 0)
		return 1;
	struct str generation = arena_str(&was, db->segs.generation);
	int r = segments_refresh(&db->segs, err);
	if (!str_eq(generation, db->segs.generation))
		setcache_clear(db->kept);
	arena_free(&was);
	return r;
}

struct archive *query_db_archive(struct qdb *db)
{
	return db->ar;
}

const struct segments *query_db_segments(struct qdb *db)
{
	return &db->segs;
}

struct thread_table *query_db_threads(struct qdb *db)
{
	return &db->threads;
}

struct str query_db_generation(const struct qdb *db)
{
	return db->segs.generation;
}

int query_db_reach(struct qdb *db, uint64_t *indexed_to, uint64_t *stored_to, struct err *err)
{
	*indexed_to = segments_last(&db->segs);
	return archive_last(db->ar, stored_to, err) < 0 ? -1 : 1;
}

int query_not_fully(struct qdb *db, uint64_t *out, struct err *err)
{
	/* A quarantined document has no other mark, so none is counted twice. */
	const char partial[] = {'M', SCHEMA_MARK_PARTIAL};
	const char lost[] = {'M', SCHEMA_MARK_QUARANTINED};
	*out = 0;
	for (size_t i = 0; i < db->segs.n; i++) {
		uint32_t a, b;
		if (xap_freq(db->segs.list[i].db, (struct str){partial, 2}, &a, err) < 0 ||
		    xap_freq(db->segs.list[i].db, (struct str){lost, 2}, &b, err) < 0)
			return -1;
		*out += a + b;
	}
	return 1;
}

int query_unread(struct qdb *db, struct arena *a, const uint64_t **out, size_t *n_out,
		 struct err *err)
{
	const struct str marks[] = {{(const char[]){'M', SCHEMA_MARK_PARTIAL}, 2},
				    {(const char[]){'M', SCHEMA_MARK_QUARANTINED}, 2}};
	return segments_marked(&db->segs, a, (struct segments_terms){marks, 2}, out, n_out, err);
}

int query_record(struct qdb *db, struct arena *a, uint64_t number, struct record *out,
		 struct err *err)
{
	struct iseg *s = segments_find(&db->segs, number);
	*out = (struct record){0};
	return s ? iseg_record(s, a, number, out, err) : 1;
}

int query_view(struct qdb *db, const struct rights *r, struct query_view *out, struct err *err)
{
	if (r->some)
		return ownview_make(db->ar, &db->segs, r, out, err);
	if (query_db_reach(db, &out->indexed_to, &out->stored_to, err) < 0)
		return -1;
	return query_not_fully(db, &out->not_fully, err);
}

/* ---- opening a query ---- */

static void keep_warnings(struct query *q, const struct boxq_warning *w, size_t n)
{
	struct query_warning *copy = arena_alloc(q->a, n * sizeof *copy + 1);
	for (size_t i = 0; i < n; i++)
		copy[i] = (struct query_warning){w[i].column, w[i].text};
	q->warnings = copy;
	q->n_warnings = n;
}

static int parse_box(struct query *q, struct str text, struct err *err)
{
	const struct boxq_warning *w;
	size_t n;
	const char *language = lang_take(q->a, &text);
	if (boxq_parse(q->a, text, &q->root, &w, &n, err) < 0)
		return -1;
	if (language)
		q->root = lang_apply(q->a, q->root, text, language);
	keep_warnings(q, w, n);
	return 1;
}

static int parse_imap(struct query *q, struct str text, struct err *err)
{
	struct imapq parsed;
	if (imapq_parse(q->a, text, &parsed, err) < 0)
		return -1;
	q->root = parsed.root;
	q->ret = parsed.ret;
	q->modseq = parsed.modseq;
	keep_warnings(q, parsed.warnings, parsed.n_warnings);
	return 1;
}

static int parse_json(struct query *q, struct str text, struct err *err)
{
	struct jsonq parsed;
	if (jsonq_parse(q->a, text, &parsed, err) < 0)
		return -1;
	q->root = parsed.root;
	q->modseq = parsed.modseq;
	keep_warnings(q, parsed.warnings, parsed.n_warnings);
	return 1;
}

static bool has_wildcard(struct str s)
{
	return str_chr(s, '*') >= 0 || str_chr(s, '?') >= 0;
}

/* UIDs and sequence numbers mean something in one mailbox only. */
static int check_mailbox(const struct query *q, struct err *err)
{
	for (size_t i = 0; i < q->tree.n; i++) {
		const struct qnode *leaf = q->tree.leaves[i].q;
		if (leaf->kind != QNODE_UID && leaf->kind != QNODE_SEQ)
			continue;
		const char *what = leaf->kind == QNODE_UID ? "UID" : "a sequence set";
		if (q->o.mailbox.n == 0 || has_wildcard(q->o.mailbox))
			err_set(err, ERR_INPUT, "%s needs one mailbox to search in", what);
		else if (q->scope.n_mailboxes == 0)
			err_set(err, ERR_INPUT, "%s needs a mailbox, and there is none of that "
				"name", what);
		else if (q->scope.n_mailboxes > 1)
			err_set(err, ERR_INPUT, "%s needs one mailbox, and several are meant "
				"(one of an account is ACCOUNT/NAME)", what);
		else
			continue;
		err->column = leaf->column;
		return -1;
	}
	return 1;
}

static const char sort_letter[] = {
	[QUERY_NEWEST] = 'n', [QUERY_OLDEST] = 'o', [QUERY_UNSORTED] = 'u',
	[QUERY_RELEVANT] = 'u', [QUERY_RECENT] = 'u',
};

static bool is_ranked(const struct query *q)
{
	return (q->o.sort == QUERY_RELEVANT || q->o.sort == QUERY_RECENT) && !q->ret.asked;
}

/* "n1583366400.123", "n-86400.7": order, date, number. By relevance see rank.h. */
static int parse_cursor(const struct query *q, struct run_options *out,
			struct rank_options *ranked, struct err *err)
{
	const struct query_options *o = &q->o;
	struct str s = o->cursor, date;
	uint64_t abs;
	if (s.n == 0 || (is_ranked(q) && rank_read(s, ranked)))
		return 1;
	bool good = !is_ranked(q) && s.p[0] == sort_letter[o->sort];
	s = str_cut(s, 1, s.n);
	bool minus = str_starts(s, STR("-"));
	s = str_cut(s, minus, s.n);
	good = good && str_split(&s, '.', &date) && str_u64(date, &abs) && abs <= INT64_MAX &&
	       str_u64(s, &out->after.number);
	if (!good)
		return err_set(err, ERR_INPUT, "the cursor does not belong to this query's order");
	out->after.date = minus ? -(int64_t)abs : (int64_t)abs;
	out->has_after = true;
	return 1;
}

static int parse_query(struct query *q, struct str text, struct err *err)
{
	q->root = q->o.root;
	if (q->root)
		return 1;
	if (q->o.dialect == QUERY_BOX)
		return parse_box(q, text, err);
	if (q->o.dialect == QUERY_JSON)
		return parse_json(q, text, err);
	return parse_imap(q, text, err);
}

/* What the matcher must see without an index: all, or what came after it. */
static int read_tail(struct query *q, struct run_options *ro, struct err *err)
{
	uint64_t indexed;
	if (query_db_reach(q->db, &indexed, &q->stored_to, err) < 0)
		return -1;
	ro->tail_from = q->o.no_index ? 1 : indexed + 1;
	ro->tail_to = q->stored_to;
	if (!q->o.no_index && !q->o.whole && q->stored_to > indexed + QUERY_MAX_TAIL)
		ro->tail_to = indexed;
	/* The index must get its turn too. */
	uint64_t now = log_now_ms();
	if (!q->o.no_index && q->o.deadline_ms > now)
		ro->tail_until_ms = now + (q->o.deadline_ms - now) / 2;
	return 1;
}

static int open_scope(struct query *q, struct err *err)
{
	if (scope_open(&q->scope, q->db->ar, q->a, q->o.account, q->o.mailbox, err) < 0)
		return -1;
	scope_limit(&q->scope, &q->o.rights);
	return 1;
}

static int prepare(struct query *q, struct str text, struct err *err)
{
	static const enum run_sort sorts[] = {
		[QUERY_NEWEST] = RUN_NEWEST, [QUERY_OLDEST] = RUN_OLDEST,
		[QUERY_UNSORTED] = RUN_NUMBER, [QUERY_RELEVANT] = RUN_NUMBER,
		[QUERY_RECENT] = RUN_NUMBER,
	};
	struct rank_options ranked = {.recent = q->o.sort == QUERY_RECENT,
				      .counted_to = segments_last(&q->db->segs),
				      .segs = q->db->segs.list, .n_segs = q->db->segs.n,
				      .plan = &q->plan};
	struct run_options ro = {.sort = sorts[q->o.sort], .no_index = q->o.no_index,
				 .dateless = q->o.bare && q->o.sort == QUERY_UNSORTED,
				 .halt = &q->halt};
	if (parse_query(q, text, err) < 0 ||
	    archive_last(q->db->ar, &ranked.found_to, err) < 0 ||
	    parse_cursor(q, &ro, &ranked, err) < 0 || open_scope(q, err) < 0 ||
	    match_tree(&q->tree, q->root, &q->scope, (int64_t)time(NULL), err) < 0 ||
	    tagged_resolve(&q->db->tags, q->db->ar, &q->tree, err) < 0 ||
	    thread_resolve(q->db, &q->tree, &q->o.rights, err) < 0 ||
	    check_mailbox(q, err) < 0 ||
	    disposal_masked(q->db->ar, q->a, &ro.masked, &ro.n_masked, err) < 0 ||
	    read_tail(q, &ro, err) < 0)
		return -1;
	if (q->ret.asked) { /* the order of UIDs is made when all are there */
		ro.sort = RUN_NUMBER;
		ro.dateless = true;
	}
	q->scope.present = q->o.present;
	if (plan_open(&q->plan, q->db->ar, &q->tree, err) < 0)
		return -1;
	q->plan.halt = &q->halt;
	q->plan.kept = q->db->kept;
	match_open(&q->match, q->db->ar, &q->tree);
	match_halt(q->match, &q->halt);
	match_inside(q->match, segments_inside(&q->db->segs));
	q->needles = snippet_needles(q->a, q->root);
	if (is_ranked(q)) {
		ranked.match = q->match;
		ranked.run = ro;
		rank_open(&q->rank, &ranked);
		return 1;
	}
	run_open(&q->run, q->db->segs.list, q->db->segs.n, &q->plan, q->match, &ro);
	return 1;
}

int query_open(struct query **out, struct qdb *db, struct arena *a, struct str text,
	       const struct query_options *o, struct err *err)
{
	double start = log_clock_ms();
	struct query *q = err_alloc(sizeof *q);
	q->db = db;
	q->a = a;
	q->o = *o;
	q->o.no_index |= noindex_is();
	q->o.mailbox = arena_str(a, o->mailbox);
	q->halt = (struct halt){.deadline_ms = o->deadline_ms, .gone = o->gone,
				.arg = o->gone_arg, .asked_ms = log_now_ms()};
	db->open++;
	if (prepare(q, arena_str(a, text), err) < 0) {
		query_close(&q);
		return -1;
	}
	q->ms_open = log_clock_ms() - start;
	*out = q;
	return 1;
}

void query_close(struct query **q)
{
	if (*q == NULL)
		return;
	run_close(&(*q)->run);
	rank_close(&(*q)->rank);
	match_close(&(*q)->match);
	(*q)->db->open--;
	free(*q);
	*q = NULL;
}

/* ---- hits ---- */

static int next_hit(struct query *q, bool counting, struct run_hit *out, struct err *err)
{
	return q->rank ? rank_next(q->rank, counting, out, err)
		       : run_next(q->run, counting, out, err);
}

static struct run_stats stats_of(const struct query *q)
{
	return q->rank ? rank_stats(q->rank) : run_stats(q->run);
}

/* A record whose strings are the arena's own. */
static int keep_record(struct arena *a, const struct record *r, struct record *out,
		       struct err *err)
{
	struct buf b;
	buf_init(&b, (size_t)64 << 20);
	record_pack(r, &b);
	int x = record_unpack(a, arena_str(a, buf_all(&b)), out, err);
	buf_free(&b);
	return x;
}

static int fill_record(struct query *q, struct arena *a, const struct run_hit *hit,
		       struct record *out, struct err *err)
{
	struct mtext *t = match_texts(q->match);
	if (hit->seg != NULL && iseg_record(hit->seg, a, hit->key.number, out, err) < 0)
		return -1;
	if (hit->seg == NULL || out->quarantined) {
		int r = mtext_parse(t, err);
		if (r > 0)
			r = mtext_look_inside(t, err);
		if (r < 0 || (r > 0 && keep_record(a, &t->record, out, err) < 0))
			return -1;
	}
	out->sort_date = hit->key.date;
	return 1;
}

static const struct archive_copy *keep_copies(struct arena *a, const struct run_hit *hit)
{
	struct archive_copy *c = arena_alloc(a, hit->n_copies * sizeof *c + 1);
	for (size_t i = 0; i < hit->n_copies; i++) {
		c[i] = hit->copies[i];
		c[i].keywords = arena_str(a, c[i].keywords);
		c[i].source = arena_str(a, c[i].source);
		c[i].found = arena_str(a, c[i].found);
		c[i].emailid = arena_str(a, c[i].emailid);
		c[i].threadid = arena_str(a, c[i].threadid);
		c[i].basis = arena_str(a, c[i].basis);
	}
	return c;
}

static int fill_hit(struct query *q, struct arena *a, const struct run_hit *hit,
		    struct query_hit *out, struct err *err)
{
	struct mtext *t = match_texts(q->match);
	*out = (struct query_hit){.number = hit->key.number, .n_copies = hit->n_copies};
	if (mtext_find(t, err) < 0)
		return -1;
	out->msg = t->msg;
	out->record.sort_date = hit->key.date;
	out->copies = keep_copies(a, hit);
	if (q->o.bare)
		return 1;
	if (fill_record(q, a, hit, &out->record, err) < 0)
		return -1;
	double start = log_clock_ms();
	out->snippet = snippet_make(a, &out->record, &q->needles, &out->snippet_from);
	if (where_find(q->match, &q->tree, a, &out->where, err) < 0)
		return -1;
	out->n_marks = snippet_marks(a, out->snippet, &q->needles, &out->marks);
	q->ms_snippets += log_clock_ms() - start;
	return 1;
}

static void begin_turn(struct query *q)
{
	q->halt.pause = false;
	q->halt.pause_ms = q->pause_every ? log_now_ms() + q->pause_every : 0;
}

int query_next(struct query *q, struct arena *a, struct query_hit *out, struct err *err)
{
	struct run_hit hit;
	double start = log_clock_ms(), found;
	begin_turn(q);
	int r = next_hit(q, false, &hit, err);
	found = log_clock_ms();
	q->ms_run += found - start;
	if (r != 1)
		return r;
	q->unfilled = fill_hit(q, a, &hit, out, err) < 0;
	if (q->unfilled)
		return -1;
	q->ms_fetch += log_clock_ms() - found;
	q->last = hit.key;
	q->has_last = true;
	return 1;
}

/* Behind the last hit given out. A query that was stopped went further than that. */
struct str query_cursor(const struct query *q, struct arena *a)
{
	struct run_stats s = stats_of(q);
	struct run_key key = q->last;
	if (halt_is(&q->halt) && s.has_back && !q->unfilled)
		key = s.back;
	else if (!q->has_last)
		return arena_str(a, q->o.cursor);
	if (q->rank)
		return rank_cursor(q->rank, a);
	return arena_fmt(a, "%c%lld.%llu", sort_letter[q->o.sort], (long long)key.date,
			 (unsigned long long)key.number);
}

int query_count(struct query *q, uint64_t *out, struct err *err)
{
	struct run_hit hit;
	double start = log_clock_ms();
	int r;
	begin_turn(q);
	if (!q->rank)
		run_count(q->run);
	while ((r = next_hit(q, true, &hit, err)) == 1)
		q->counted++;
	if (!q->rank)
		q->counted += run_count(q->run);
	*out = q->counted;
	q->ms_run += log_clock_ms() - start;
	return r == 0 ? 1 : r;
}

void query_pause(struct query *q, uint64_t ms)
{
	q->pause_every = ms;
}

void query_rest(struct query *q)
{
	match_begin(q->match, 0, NULL);
}

void query_progress(const struct query *q, struct query_progress *out)
{
	struct run_stats s = stats_of(q);
	*out = (struct query_progress){
		.time_up = q->halt.why == HALT_TIME, .given_up = q->halt.why == HALT_GONE,
		.passed = s.passed, .candidates = q->plan.candidates, .unplanned = s.segments_left,
		.hits = s.hits, .has_back = s.has_back, .back = s.back.date,
		.searched_to = s.scanned_to, .scanned = s.scanned,
		.unjudged = match_unjudged(q->match)};
	out->not_searched = q->stored_to - out->searched_to;
}

int query_estimate(struct query *q, struct query_estimate *out, struct err *err)
{
	if ((q->rank ? rank_plan_all(q->rank, err) : run_plan_all(q->run, err)) < 0)
		return -1;
	struct run_stats s = stats_of(q);
	uint64_t open = q->plan.candidates - q->plan.sure - s.judged;
	out->least = q->plan.sure + s.judged_yes + s.found;
	out->most = out->least + open;
	/* Of those that are left as many fit as of those that were judged. */
	out->likely = out->least + (s.judged ? open * s.judged_yes / s.judged : open);
	if (q->o.cursor.n > 0) /* what was found without an index before this page is not known */
		out->most += s.scanned - s.found;
	return 1;
}

/* ---- what it is and did ---- */

struct str query_tree(const struct query *q)
{
	return qnode_text(q->a, q->root);
}

bool query_has_modseq(const struct query *q)
{
	return q->modseq;
}

const struct imapret *query_return(const struct query *q)
{
	return q->ret.asked ? &q->ret : NULL;
}

int query_relevance(struct query *q, unsigned *out, struct err *err)
{
	return match_relevance(q->match, out, err);
}

int query_next_copies(struct query *q, const struct archive_copy **out, size_t *n, struct err *err)
{
	struct run_hit hit;
	int r = next_hit(q, false, &hit, err);
	*out = hit.copies;
	*n = r > 0 ? hit.n_copies : 0;
	return r;
}

int query_walk(struct query *q, struct query_place *out, struct err *err)
{
	begin_turn(q);
	int r = next_hit(q, !q->tree.copies, &q->at, err);
	*out = (struct query_place){.number = q->at.key.number, .date = q->at.key.date,
				    .seg = q->at.seg};
	if (r == 1 && q->tree.copies) {
		out->copies = q->at.copies;
		out->n_copies = q->at.n_copies;
	}
	return r;
}

int query_here(struct query *q, struct arena *a, struct record *out, uint64_t *size,
	       struct err *err)
{
	struct archive_msg m;
	int r = archive_find(q->db->ar, q->at.key.number, &m, err);
	if (r == 0)
		r = err_set(err, ERR_BROKEN, "message %llu is missing in the archive",
			    (unsigned long long)q->at.key.number);
	if (r < 0)
		return -1;
	*size = m.rfc822_size;
	if (q->at.seg)
		return iseg_record(q->at.seg, a, m.number, out, err);
	struct mtext *t = match_texts(q->match);
	match_begin(q->match, m.number, NULL);
	r = mtext_parse(t, err);
	if (r == 0)
		record_quarantined(0, out);
	return r > 0 ? keep_record(a, &t->record, out, err) : r < 0 ? -1 : 1;
}

const struct scope *query_scope(const struct query *q)
{
	return &q->scope;
}

size_t query_warnings(const struct query *q, const struct query_warning **out)
{
	*out = q->warnings;
	return q->n_warnings;
}

struct snippet_needles query_needles(const struct query *q)
{
	return q->needles;
}

static const struct query_step *steps(const struct query *q, struct arena *a)
{
	struct query_step *list = arena_alloc(a, q->tree.n * sizeof *list + 1);
	for (size_t i = 0; i < q->tree.n; i++) {
		const struct plan_leaf *l = &q->plan.sums[i];
		list[i] = (struct query_step){qnode_text(a, q->tree.leaves[i].q), l->docs, l->maybe,
					      l->sure, (double)l->ns / 1e6};
	}
	return list;
}

void query_account(const struct query *q, struct arena *a, struct query_account *out)
{
	struct run_stats s = stats_of(q);
	*out = (struct query_account){
		.tree = qnode_text(a, q->root), .no_index = q->o.no_index,
		.segments = q->plan.segments, .segments_left = s.segments_left,
		.by_scope = q->plan.by_scope, .docs = q->plan.docs,
		.candidates = q->plan.candidates, .sure = q->plan.sure, .passed = s.passed,
		.judged = s.judged, .parsed = s.parsed, .scanned = s.scanned, .hits = s.hits,
		.ms_open = q->ms_open, .ms_plan = s.ms_plan, .ms_scan = s.ms_scan,
		.ms_judge = q->ms_run - s.ms_plan - s.ms_scan,
		.ms_fetch = q->ms_fetch - q->ms_snippets, .ms_snippets = q->ms_snippets,
		.leaves = steps(q, a), .n_leaves = q->tree.n};
}

struct str query_explain(const struct query *q, struct arena *a)
{
	struct query_account x;
	query_account(q, a, &x);
	return explain_text(a, &x);
}

int query_tags(struct qdb *db, struct arena *a, const unsigned char hash[HASH_BYTES],
	       struct query_tags *out, struct err *err)
{
	struct tag_names names;
	int r = tagged_names(&db->tags, db->ar, a, hash, &names, err);
	*out = (struct query_tags){names.list, names.n};
	return r;
}

struct tagged **query_db_tags(struct qdb *db)
{
	return &db->tags;
}

/* ---- one message ---- */

int query_load(struct qdb *db, struct arena *a, const struct rights *r,
	       const struct archive_msg *msg, struct query_message *out, struct err *err)
{
	if (message_load(db->ar, &db->segs, a, msg, out, err) < 0)
		return -1;
	return rights_copies(r, db->ar, a, &out->copies, &out->n_copies, err);
}

int query_message(struct qdb *db, struct arena *a, struct str id, struct query_message *out,
		  struct err *err)
{
	static const struct rights all;
	struct archive_msg msg;
	int r = archive_find_id(db->ar, id, &msg, err);
	if (r <= 0)
		return r;
	return query_load(db, a, &all, &msg, out, err);
}

int query_glance(struct qdb *db, struct arena *a, const struct rights *r, uint64_t number,
		 struct query_hit *out, struct err *err)
{
	struct iseg *seg = segments_find(&db->segs, number);
	struct query_message whole;
	*out = (struct query_hit){.number = number};
	int x = archive_find(db->ar, number, &out->msg, err);
	if (x < 1 || out->msg.disposal || out->msg.destroyed)
		return x < 0 ? -1 : 0;
	if (archive_copies(db->ar, a, number, &out->copies, &out->n_copies, err) < 0 ||
	    rights_copies(r, db->ar, a, &out->copies, &out->n_copies, err) < 0)
		return -1;
	if (r->some && out->n_copies == 0)
		return 0;
	if (seg && iseg_record(seg, a, number, &out->record, err) < 0)
		return -1;
	if (seg && !out->record.quarantined)
		return 1;
	if (message_load(db->ar, &db->segs, a, &out->msg, &whole, err) < 0)
		return -1;
	out->record = whole.record;
	return 1;
}

struct html_seen query_reading(struct arena *a, const struct query_message *m)
{
	return message_reading(a, &m->mail);
}
