#include "jmapquery.h"

#include "jmapfilter.h"
#include "jmappage.h"
#include "jmapsort.h"
#include "log.h"
#include "markup.h"
#include "thread.h"


enum { MAX_HITS = 2000000, MAX_PAGE = 5000, TIME_MS = 30000, SNIPPETS = 100 };

struct search {
	struct jmap *j;
	struct str account;
	struct jmapsort sort;
	uint64_t last;  /* the highest of a message when it began */
	uint32_t *list; /* numbers of the messages found */
	size_t n;
};

/* ---- the search ---- */

/* Their numbers, ascending. Of what came meanwhile the filter's sets know nothing. */
static int find_all(struct search *s, struct query *q)
{
	struct query_place at;
	int r;
	while ((r = query_walk(q, &at, &s->j->err)) == 1) {
		if (at.number > s->last)
			continue;
		if (s->n == MAX_HITS)
			return err_set(&s->j->err, ERR_INPUT,
				       "too many messages: narrow the filter");
		s->list = arena_grow(s->j->a, s->list, s->n, sizeof *s->list);
		s->list[s->n++] = (uint32_t)at.number;
	}
	return r;
}

static bool run(struct search *s, json_t *args)
{
	struct jmap *j = s->j;
	const struct jmapfilter f = {s->account, json_object_get(args, "filter"),
				     log_now_ms() + TIME_MS};
	struct query_options o = {.sort = QUERY_UNSORTED, .account = s->account, .bare = true,
				  .rights = j->rights, .deadline_ms = f.deadline_ms};
	struct query *q;
	if (archive_last(j->ar, &s->last, &j->err) < 0) {
		jmapbase_broken(j);
		return false;
	}
	if (!jmapfilter_tree(j, &f, &o.root))
		return false;
	int r = query_open(&q, j->db, j->a, STR(""), &o, &j->err);
	if (r > 0) {
		r = find_all(s, q);
		query_close(&q);
	}
	if (r < 0)
		jmapbase_broken(j);
	return r >= 0 && jmapsort_run(j, &s->sort, s->list, s->n);
}

/* The first of each thread in this order stays. */
static bool collapse(struct search *s)
{
	struct jmap *j = s->j;
	const uint32_t *labels;
	size_t kept = 0;
	if (thread_labels(j->db, j->a, s->last, &labels, &j->err) < 0) {
		jmapbase_broken(j);
		return false;
	}
	bool *seen = arena_alloc(j->a, s->last + 1);
	for (size_t i = 0; i < s->n; i++) {
		uint32_t label = labels[s->list[i]];
		if (!seen[label])
			s->list[kept++] = s->list[i];
		seen[label] = true;
	}
	s->n = kept;
	return true;
}

/* Where the page begins. */
static bool find_start(struct search *s, struct jmappage *p)
{
	struct jmap *j = s->j;
	struct query_hit h = {0};
	size_t i = 0;
	if (p->anchor.n && jmapbase_message(j, s->account, p->anchor, &h) < 0) {
		jmapbase_broken(j);
		return false;
	}
	while (i < s->n && s->list[i] != h.number)
		i++;
	return jmappage_start(j, p, i, s->n);
}

static json_t *page(struct search *s, const struct jmappage *p)
{
	json_t *ids = json_array();
	uint64_t left = p->most;
	for (uint64_t i = (uint64_t)p->position; i < s->n && left > 0; i++, left--) {
		struct archive_msg m;
		if (archive_find(s->j->ar, s->list[i], &m, &s->j->err) < 1) {
			json_decref(ids);
			return jmapbase_broken(s->j);
		}
		json_array_append_new(ids, jmapbase_message_id(s->j, &m));
	}
	return ids;
}

json_t *jmapquery_query(struct jmap *j, json_t *args)
{
	struct search s = {.j = j};
	struct jmappage p;
	bool one_each;
	if (!jmapbase_account(j, args, &s.account) || !jmapsort_read(j, s.account, args, &s.sort) ||
	    !jmappage_read(j, args, MAX_PAGE, &p) ||
	    !jmappage_flag(j, args, "collapseThreads", &one_each))
		return NULL;
	struct str state = jmapbase_state(j, s.account, UINT64_MAX, NULL);
	if (state.n == 0 || !run(&s, args) || (one_each && !collapse(&s)) || !find_start(&s, &p))
		return NULL;
	json_t *ids = page(&s, &p);
	return ids ? jmappage_answer(j, &p, s.account, state, ids, s.n) : NULL;
}

json_t *jmapquery_changes(struct jmap *j, json_t *args)
{
	struct str account;
	if (!jmapbase_account(j, args, &account))
		return NULL;
	return jmapbase_fail(j, "cannotCalculateChanges", NULL);
}

/* ---- snippets ---- */

/* Text as HTML, the words in <mark>; NULL when none is in it. */
static json_t *marked(struct jmap *j, struct str text, const struct str *words, size_t n)
{
	struct buf b;
	struct markup out = {&b, j->a};
	bool any = false;
	buf_init(&b, 1 << 20);
	while (text.n) {
		size_t best = text.n, len = 0;
		for (size_t k = 0; k < n; k++)
			for (size_t at = 0; at + words[k].n <= text.n && at < best; at++)
				if (str_ieq(str_cut(text, at, at + words[k].n), words[k])) {
					best = at;
					len = words[k].n;
				}
		markup_text(&out, str_cut(text, 0, best));
		if (len) {
			any = true;
			MARKUP(&out, "<mark>");
			markup_text(&out, str_cut(text, best, best + len));
			MARKUP(&out, "</mark>");
		}
		text = str_cut(text, best + len, text.n);
	}
	json_t *o = any ? shape_text(j->a, buf_all(&b)) : json_null();
	buf_free(&b);
	return o;
}

/* The message as a hit of the filter, to see what was found. 1, 0 there is none, -1. */
static int find_hit(struct jmap *j, const struct jmapfilter *f, const struct qnode *filter,
		    struct str id, struct query_hit *out)
{
	struct query_options o = {.sort = QUERY_UNSORTED, .account = f->account,
				  .rights = j->rights, .deadline_ms = f->deadline_ms};
	struct query_hit seen;
	struct query *q;
	int r = jmapbase_message(j, f->account, id, &seen);
	if (r < 1)
		return r;
	const uint32_t number = (uint32_t)seen.number;
	const struct qnode *both[] = {qnode_numbers(j->a, &number, 1), filter};
	o.root = qnode_join(j->a, QNODE_AND, both, 2);
	if (query_open(&q, j->db, j->a, STR(""), &o, &j->err) < 0)
		return -1;
	r = query_next(q, j->a, out, &j->err);
	query_close(&q);
	if (r == 0) { /* it does not fit the filter: nothing is marked */
		*out = seen;
		r = 1;
	}
	return r;
}

json_t *jmapquery_snippets(struct jmap *j, json_t *args)
{
	struct jmapfilter f = {.filter = json_object_get(args, "filter"),
			       .deadline_ms = log_now_ms() + TIME_MS};
	const struct qnode *tree;
	struct str account;
	json_t *ids, *id;
	char own[JMAPBASE_ID];
	const struct str *words;
	size_t i;
	if (!jmapbase_account(j, args, &account) ||
	    !jmapbase_list(j, args, "emailIds", SNIPPETS, &ids))
		return NULL;
	f.account = account;
	if (!jmapfilter_tree(j, &f, &tree))
		return NULL;
	size_t n = jmapfilter_words(j, f.filter, &words);
	json_t *list = json_array(), *missing = json_array();
	struct arena *whole = j->a, each = {0}; /* one after the other: each makes a plan */
	int r = 1;
	j->a = &each;
	json_array_foreach(ids, i, id) {
		struct query_hit h;
		r = find_hit(j, &f, tree, jmapbase_text(id), &h);
		if (r < 0)
			break;
		if (r == 0)
			json_array_append(missing, id);
		else
			json_array_append_new(list, json_pack("{s:O,s:o,s:o}", "emailId", id,
				"subject", marked(j, h.record.subject, words, n), "preview",
				marked(j, h.snippet, words, n)));
		arena_reset(&each);
	}
	j->a = whole;
	arena_free(&each);
	if (r < 0) {
		json_decref(list);
		json_decref(missing);
		return jmapbase_broken(j);
	}
	jmapbase_account_id(j, account, own);
	return json_pack("{s:s,s:o,s:o}", "accountId", own, "list", list, "notFound",
			 json_array_size(missing) ? missing : (json_decref(missing), json_null()));
}
