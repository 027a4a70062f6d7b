#define _GNU_SOURCE
#include "jmapquery.h"

#include "basesubject.h"
#include "casemap.h"
#include "jmapfilter.h"
#include "jmappage.h"
#include "log.h"
#include "markup.h"
#include "thread.h"

#include <stdlib.h>

enum { MAX_HITS = 2000000, MAX_PAGE = 5000, MAX_SORTS = 4,
       TIME_MS = 30000, SNIPPETS = 100 };

enum by { BY_RECEIVED, BY_SENT, BY_SIZE, BY_FROM, BY_TO, BY_SUBJECT, BY_KEYWORD, BY_NONE };

struct order {
	enum by by;
	bool down;
	struct str keyword;
};

struct found {
	uint64_t number;
	struct {
		int64_t n;
		struct str s;
	} key[MAX_SORTS];
};

struct search {
	struct jmap *j;
	struct str account;
	struct order orders[MAX_SORTS];
	size_t n_orders;
	struct found *list;
	size_t n;
};

/* ---- order ---- */

static bool read_order(struct search *s, json_t *args)
{
	static const char *const names[] = {"receivedAt", "sentAt", "size", "from", "to", "subject",
					    "hasKeyword"};
	json_t *sort = json_object_get(args, "sort"), *one;
	size_t i;
	if (sort && !json_is_null(sort) && !json_is_array(sort)) {
		jmapbase_fail(s->j, "invalidArguments", "sort");
		return false;
	}
	json_array_foreach(sort, i, one) {
		struct str name = jmapbase_text(json_object_get(one, "property"));
		struct order o = {.keyword = jmapbase_text(json_object_get(one, "keyword"))};
		for (o.by = BY_RECEIVED; o.by < BY_NONE; o.by++)
			if (str_eq(name, str_of(names[o.by])))
				break;
		if (!jmappage_comparator(s->j, one, &o.down))
			return false;
		if (o.by == BY_NONE || s->n_orders == MAX_SORTS ||
		    (o.by == BY_KEYWORD && o.keyword.n == 0)) {
			jmapbase_fail(s->j, o.by == BY_KEYWORD && o.keyword.n == 0
				      ? "invalidArguments" : "unsupportedSort", "sort");
			return false;
		}
		s->orders[s->n_orders++] = o;
	}
	if (s->n_orders == 0)
		s->orders[s->n_orders++] = (struct order){BY_RECEIVED, true, {0}};
	return true;
}

static int compare(const void *x, const void *y, void *arg)
{
	const struct search *s = arg;
	const struct found *a = x, *b = y;
	for (size_t i = 0; i < s->n_orders; i++) {
		int64_t p = a->key[i].n, q = b->key[i].n;
		int c = p < q ? -1 : p > q;
		if (c == 0)
			c = str_cmp(a->key[i].s, b->key[i].s);
		if (c)
			return s->orders[i].down ? -c : c;
	}
	return a->number > b->number ? -1 : a->number < b->number;
}

static bool has_keyword(const struct archive_copy *c, struct str keyword)
{
	struct str rest = c->keywords, one;
	for (const struct jmapbase_flag *f = jmapbase_flags; f->keyword; f++)
		if (str_ieq(keyword, str_of(f->keyword)))
			return c->flags & f->flag;
	while (str_split(&rest, ' ', &one))
		if (str_ieq(one, keyword))
			return true;
	return false;
}

static struct str who(struct arena *a, const struct mail_address *list, size_t n)
{
	if (n == 0)
		return STR("");
	return casemap_str(a, list[0].name.n ? list[0].name : list[0].email);
}

/* What the order asks for beyond the copies. */
static int fill_keys(struct search *s, struct found *f)
{
	struct jmap *j = s->j;
	struct arena a = {0};
	struct query_hit h = {0};
	int r = 1;
	for (size_t i = 0; i < s->n_orders && r == 1; i++) {
		enum by by = s->orders[i].by;
		if (by == BY_RECEIVED || by == BY_KEYWORD)
			continue;
		if (h.number == 0)
			r = query_glance(j->db, &a, &j->rights, f->number, &h, &j->err);
		if (r < 1)
			break;
		if (by == BY_SIZE)
			f->key[i].n = (int64_t)h.msg.size;
		else if (by == BY_SENT)
			f->key[i].n = h.record.date.usable ? h.record.date.epoch : 0;
		else if (by == BY_SUBJECT)
			f->key[i].s = casemap_str(&a, basesubject_of(&a, h.record.subject, NULL));
		else if (by == BY_FROM)
			f->key[i].s = who(&a, h.record.from, h.record.n_from);
		else
			f->key[i].s = who(&a, h.record.to, h.record.n_to);
		f->key[i].s = arena_str(j->a, f->key[i].s);
	}
	arena_free(&a);
	return r;
}

static int add_found(struct search *s, const struct archive_copy *copies, size_t n)
{
	struct found *f;
	if (s->n >= MAX_HITS)
		return err_set(&s->j->err, ERR_INPUT, "too many messages: narrow the filter");
	s->list = arena_grow(s->j->a, s->list, s->n, sizeof *s->list);
	f = &s->list[s->n++];
	*f = (struct found){.number = copies[0].message};
	for (size_t i = 0; i < s->n_orders; i++)
		for (size_t c = 0; c < n; c++) {
			if (s->orders[i].by == BY_KEYWORD)
				f->key[i].n |= has_keyword(&copies[c], s->orders[i].keyword);
			else if (s->orders[i].by == BY_RECEIVED &&
				 (c == 0 || copies[c].internaldate < f->key[i].n))
				f->key[i].n = copies[c].internaldate;
		}
	return fill_keys(s, f);
}

/* ---- the search ---- */

/* `among`: only these messages are looked at, NULL: all. */
static int open_query(struct jmap *j, struct str account, json_t *filter,
		      const struct qnode *among, struct query **out)
{
	struct query_options o = {.sort = QUERY_UNSORTED, .account = account, .rights = j->rights,
				  .deadline_ms = log_now_ms() + TIME_MS, .bare = among == NULL};
	if (!jmapfilter_tree(j, account, filter, &o.root))
		return 0;
	if (among) {
		const struct qnode **both = arena_alloc(j->a, 2 * sizeof *both);
		both[0] = among;
		both[1] = o.root;
		o.root = qnode_join(j->a, QNODE_AND, both, 2);
	}
	if (query_open(out, j->db, j->a, STR(""), &o, &j->err) > 0)
		return 1;
	jmapbase_broken(j);
	return 0;
}

static bool run(struct search *s, json_t *args)
{
	const struct archive_copy *copies;
	struct query *q;
	size_t n;
	int r;
	if (!open_query(s->j, s->account, json_object_get(args, "filter"), NULL, &q))
		return false;
	while ((r = query_next_copies(q, &copies, &n, &s->j->err)) == 1)
		if (n && add_found(s, copies, n) < 0) {
			r = -1;
			break;
		}
	query_close(&q);
	if (r < 0)
		jmapbase_broken(s->j);
	else if (s->n)
		qsort_r(s->list, s->n, sizeof *s->list, compare, s);
	return r >= 0;
}

/* The first of each thread in this order stays. */
static bool collapse(struct search *s)
{
	struct jmap *j = s->j;
	const uint32_t *labels;
	uint64_t last = 0;
	size_t kept = 0;
	for (size_t i = 0; i < s->n; i++)
		last = s->list[i].number > last ? s->list[i].number : last;
	if (thread_labels(j->db, j->a, last, &labels, &j->err) < 0) {
		jmapbase_broken(j);
		return false;
	}
	bool *seen = arena_alloc(j->a, last + 1);
	for (size_t i = 0; i < s->n; i++) {
		uint32_t label = labels[s->list[i].number];
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
	while (i < s->n && s->list[i].number != h.number)
		i++;
	return jmappage_start(j, p, i, s->n);
}

static json_t *page(struct search *s, const struct jmappage *p)
{
	json_t *ids = json_array();
	uint64_t left = p->most;
	for (uint64_t i = (uint64_t)p->position; i < s->n && left > 0; i++, left--) {
		struct archive_msg m;
		if (archive_find(s->j->ar, s->list[i].number, &m, &s->j->err) < 1) {
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
	if (!jmapbase_account(j, args, &s.account) || !read_order(&s, args) ||
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

/* The message as a hit of the filter, to see what was found. */
static int find_hit(struct jmap *j, struct str account, json_t *filter, struct str id,
		    struct query_hit *out)
{
	struct query_hit seen;
	struct query *q;
	int r = jmapbase_message(j, account, id, &seen);
	if (r < 1)
		return r;
	uint32_t *number = arena_alloc(j->a, sizeof *number);
	*number = (uint32_t)seen.number;
	if (!open_query(j, account, filter, qnode_numbers(j->a, number, 1), &q))
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
	json_t *filter = json_object_get(args, "filter"), *id;
	json_t *ids;
	struct str account;
	char own[JMAPBASE_ID];
	const struct str *words;
	size_t i;
	if (!jmapbase_account(j, args, &account) ||
	    !jmapbase_list(j, args, "emailIds", SNIPPETS, &ids))
		return NULL;
	size_t n = jmapfilter_words(j, filter, &words);
	json_t *list = json_array(), *missing = json_array();
	json_array_foreach(ids, i, id) {
		struct query_hit h;
		int r = find_hit(j, account, filter, jmapbase_text(id), &h);
		if (r < 0) {
			json_decref(list);
			json_decref(missing);
			return j->error ? NULL : jmapbase_broken(j);
		}
		if (r == 0)
			json_array_append(missing, id);
		else
			json_array_append_new(list, json_pack("{s:O,s:o,s:o}", "emailId", id,
				"subject", marked(j, h.record.subject, words, n), "preview",
				marked(j, h.snippet, words, n)));
	}
	jmapbase_account_id(j, account, own);
	return json_pack("{s:s,s:o,s:o}", "accountId", own, "list", list, "notFound",
			 json_array_size(missing) ? missing : (json_decref(missing), json_null()));
}
