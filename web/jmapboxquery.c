#define _GNU_SOURCE
#include "jmapboxquery.h"

#include "casemap.h"
#include "jmapboxes.h"
#include "jmappage.h"

#include <stdlib.h>

/* CONDITIONS: that a filter may have, each asked of every mailbox. */
enum { DEEPEST = 50, MAX_SORTS = 4, CONDITIONS = 500 };

struct search {
	struct jmap *j;
	struct jmapboxes b;
	bool by_name[MAX_SORTS], down[MAX_SORTS];
	size_t n_sorts;
	bool *fits;    /* by place */
	size_t asked;  /* conditions so far */
	size_t *found; /* places, in order */
	size_t n;
};

/* ---- filters ---- */

static bool bad(struct search *s, const char *type, const char *hint)
{
	if (s->j->error == NULL)
		jmapbase_fail(s->j, type, hint);
	return false;
}

/* Is the text in the name, whatever its case? */
static bool name_has(struct search *s, size_t i, struct str text)
{
	struct arena a = {0};
	bool has = str_find(casemap_str(&a, s->b.list[i].label), casemap_str(&a, text)) >= 0;
	arena_free(&a);
	return has;
}

/* One condition. A value that it cannot have is an error. */
static bool fits_one(struct search *s, size_t i, const char *key, json_t *v)
{
	const struct jmapboxes_box *box = &s->b.list[i];
	struct str text = jmapbase_text(v), role = str_of(box->role);
	bool word = json_is_string(v), null = json_is_null(v), flag = json_is_boolean(v);
	if (s->asked++ >= CONDITIONS * s->b.n)
		return bad(s, "requestTooLarge", "filter");
	if (strcmp(key, "name") == 0)
		return word ? name_has(s, i, text) : bad(s, "invalidArguments", "name");
	if (strcmp(key, "role") == 0 && (word || null))
		return str_eq(role, text);
	if (strcmp(key, "hasAnyRole") == 0 && flag)
		return json_is_true(v) == (role.n > 0);
	if (strcmp(key, "isSubscribed") == 0 && flag)
		return json_is_true(v);
	if (strcmp(key, "parentId") == 0 && null)
		return box->parent < 0;
	if (strcmp(key, "parentId") == 0 && word)
		return box->parent >= 0 && str_eq(text, str_of(s->b.list[box->parent].id));
	bool known = strcmp(key, "role") == 0 || strcmp(key, "hasAnyRole") == 0 ||
		     strcmp(key, "isSubscribed") == 0 || strcmp(key, "parentId") == 0;
	return bad(s, known ? "invalidArguments" : "unsupportedFilter", "filter");
}

static bool fits(struct search *s, size_t i, json_t *f, int depth)
{
	json_t *list = json_object_get(f, "conditions"), *op = json_object_get(f, "operator"), *v;
	struct str how = jmapbase_text(op);
	bool and = str_eq(how, STR("AND")), or = str_eq(how, STR("OR")), any = false, all = true;
	const char *key;
	size_t k;
	if (!json_is_object(f) || depth > DEEPEST)
		return bad(s, "invalidArguments", "filter");
	if (op && (!json_is_array(list) || (!and && !or && !str_eq(how, STR("NOT")))))
		return bad(s, "invalidArguments", "operator");
	if (op == NULL) {
		json_object_foreach(f, key, v)
			all &= fits_one(s, i, key, v);
		return all;
	}
	json_array_foreach(list, k, v) {
		bool yes = fits(s, i, v, depth + 1);
		any |= yes;
		all &= yes;
	}
	return and ? all : or ? any : !any;
}

/* `tree`: what lies in a mailbox that does not fit does not fit either. */
static bool find(struct search *s, json_t *filter, bool tree)
{
	s->fits = arena_alloc(s->j->a, s->b.n + 1);
	for (size_t i = 0; i < s->b.n && !s->j->error; i++) {
		ptrdiff_t parent = s->b.list[i].parent;
		s->fits[i] = filter == NULL || json_is_null(filter) || fits(s, i, filter, 0);
		if (tree && parent >= 0)
			s->fits[i] &= s->fits[parent];
	}
	return s->j->error == NULL;
}

/* ---- order ---- */

static bool read_sorts(struct search *s, json_t *args)
{
	json_t *sort = json_object_get(args, "sort"), *one;
	size_t i;
	if (sort && !json_is_null(sort) && !json_is_array(sort))
		return bad(s, "invalidArguments", "sort");
	json_array_foreach(sort, i, one) {
		struct str by = jmapbase_text(json_object_get(one, "property"));
		bool name = str_eq(by, STR("name"));
		if (s->n_sorts == MAX_SORTS || (!name && !str_eq(by, STR("sortOrder"))))
			return bad(s, "unsupportedSort", NULL);
		if (!jmappage_comparator(s->j, one, &s->down[s->n_sorts]))
			return false;
		s->by_name[s->n_sorts++] = name;
	}
	return true;
}

static int compare(const void *x, const void *y, void *arg)
{
	const struct search *s = arg;
	size_t i = *(const size_t *)x, k = *(const size_t *)y;
	const struct jmapboxes_box *a = &s->b.list[i], *b = &s->b.list[k];
	for (size_t n = 0; n < s->n_sorts; n++) {
		int c = s->by_name[n] ? str_cmp(a->label, b->label) : a->order - b->order;
		if (c)
			return s->down[n] ? -c : c;
	}
	return i < k ? -1 : i > k;
}

/* Children right behind their parents; the list is sorted already. */
static void as_tree(struct search *s)
{
	size_t n = 0, *out = arena_alloc(s->j->a, (s->n + 1) * sizeof *out);
	size_t *below = arena_alloc(s->j->a, (s->n + 1) * sizeof *below), deep = 0;
	bool *done = arena_alloc(s->j->a, s->b.n + 1), *there = arena_alloc(s->j->a, s->b.n + 1);
	for (size_t i = 0; i < s->n; i++)
		there[s->found[i]] = true;
	while (n < s->n) {
		ptrdiff_t in = deep ? (ptrdiff_t)below[deep - 1] : -1;
		size_t k = 0;
		for (; k < s->n; k++) {
			ptrdiff_t up = s->b.list[s->found[k]].parent;
			while (up >= 0 && !there[up])
				up = s->b.list[up].parent;
			if (!done[s->found[k]] && up == in)
				break;
		}
		if (k < s->n) {
			done[s->found[k]] = true;
			out[n++] = below[deep++] = s->found[k];
		} else {
			deep--;
		}
	}
	s->found = out;
}

static void sort(struct search *s, bool tree)
{
	s->found = arena_alloc(s->j->a, (s->b.n + 1) * sizeof *s->found);
	for (size_t i = 0; i < s->b.n; i++)
		if (s->fits[i])
			s->found[s->n++] = i;
	if (s->n)
		qsort_r(s->found, s->n, sizeof *s->found, compare, s);
	if (tree)
		as_tree(s);
}

json_t *jmapboxquery_query(struct jmap *j, json_t *args)
{
	struct search s = {.j = j};
	struct jmappage p;
	struct str account;
	bool sort_tree, filter_tree;
	size_t at = 0;
	if (!jmapbase_account(j, args, &account) || !read_sorts(&s, args) ||
	    !jmappage_read(j, args, INT64_MAX, &p) ||
	    !jmappage_flag(j, args, "sortAsTree", &sort_tree) ||
	    !jmappage_flag(j, args, "filterAsTree", &filter_tree) ||
	    !jmapboxes_read(j, account, &s.b) ||
	    !find(&s, json_object_get(args, "filter"), filter_tree))
		return NULL;
	sort(&s, sort_tree);
	while (at < s.n && !str_eq(str_of(s.b.list[s.found[at]].id), p.anchor))
		at++;
	struct str state = jmapboxes_state(j, &s.b, UINT64_MAX);
	if (state.n == 0 || !jmappage_start(j, &p, at, s.n))
		return NULL;
	json_t *ids = json_array();
	for (uint64_t i = (uint64_t)p.position; i < s.n && p.most > 0; i++, p.most--)
		json_array_append_new(ids, json_string(s.b.list[s.found[i]].id));
	return jmappage_answer(j, &p, account, state, ids, s.n);
}
