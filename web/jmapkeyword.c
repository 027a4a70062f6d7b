#include "jmapkeyword.h"

#include "jmapfilter.h"
#include "log.h"
#include "thread.h"

#include <stdlib.h>

enum { TIME_MS = 30000, DEEPEST = 50, MAX_FILTER = 4096 };

static const char *const names[] = {
	[JMAPKEYWORD_ALL] = "allInThreadHaveKeyword",
	[JMAPKEYWORD_SOME] = "someInThreadHaveKeyword",
	[JMAPKEYWORD_NONE] = "noneInThreadHaveKeyword",
};

/* ---- out of the filter ---- */

static void take(struct jmap *j, json_t *given, json_t *copy, int depth,
		 struct jmapkeyword_cond **list, size_t *n)
{
	json_t *inner = json_object_get(given, "conditions");
	if (json_object_get(given, "operator")) {
		if (!str_eq(jmapbase_text(json_object_get(given, "operator")), STR("AND")))
			return;
		for (size_t i = 0; depth < DEEPEST && i < json_array_size(inner); i++)
			take(j, json_array_get(inner, i),
			     json_array_get(json_object_get(copy, "conditions"), i), depth + 1,
			     list, n);
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		json_t *v = json_object_get(given, names[i]);
		if (json_is_string(v)) {
			*list = arena_grow(j->a, *list, *n, sizeof **list);
			(*list)[*n].what = i;
			(*list)[(*n)++].keyword = v;
		}
		if (json_is_string(v) || json_is_null(v))
			json_object_del(copy, names[i]);
	}
}

json_t *jmapkeyword_take(struct jmap *j, json_t *filter, struct jmapkeyword *out)
{
	struct jmapkeyword_cond *list = NULL;
	json_t *copy = json_deep_copy(filter);
	*out = (struct jmapkeyword){0};
	if (json_is_object(copy))
		take(j, filter, copy, 0, &list, &out->n);
	out->list = list;
	return copy;
}

/* ---- sets ---- */

static int ascending(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;
	return *a < *b ? -1 : *a > *b;
}

/* Sorts, and leaves each once. */
static void settle(struct jmapkeyword_set *s)
{
	size_t n = 0;
	if (s->n)
		qsort(s->list, s->n, sizeof *s->list, ascending);
	for (size_t i = 0; i < s->n; i++)
		if (n == 0 || s->list[n - 1] != s->list[i])
			s->list[n++] = s->list[i];
	s->n = n;
}

bool jmapkeyword_in(const struct jmapkeyword_set *s, uint64_t label)
{
	return s->n && bsearch(&label, s->list, s->n, sizeof label, ascending);
}

/* Numbers of the account's messages that fit, ascending. */
static int numbers(struct jmap *j, struct str account, struct str text,
		   struct jmapkeyword_set *out)
{
	struct query_options o = {.dialect = QUERY_IMAP, .sort = QUERY_UNSORTED, .account = account,
				  .rights = j->rights, .deadline_ms = log_now_ms() + TIME_MS,
				  .bare = true};
	const struct archive_copy *copies;
	struct query *q = NULL;
	size_t n;
	int r = query_open(&q, j->db, j->a, text, &o, &j->err);
	*out = (struct jmapkeyword_set){0};
	while (r > 0 && (r = query_next_copies(q, &copies, &n, &j->err)) == 1) {
		if (n == 0)
			continue;
		out->list = arena_grow(j->a, out->list, out->n, sizeof *out->list);
		out->list[out->n++] = copies[0].message;
	}
	query_close(&q);
	settle(out);
	return r;
}

/* Numbers to threads. Leaves out those that are in `but`. */
static int labels(struct jmap *j, struct jmapkeyword_set *s, const struct jmapkeyword_set *but)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (but && jmapkeyword_in(but, s->list[i]))
			continue;
		if (thread_label(j->db, s->list[i], &s->list[n++], &j->err) < 0)
			return -1;
	}
	s->n = n;
	settle(s);
	return 1;
}

int jmapkeyword_threads(struct jmap *j, struct str account, json_t *keyword, bool has,
			struct jmapkeyword_set *out)
{
	struct jmapkeyword_set with;
	struct buf b;
	json_t *filter = json_pack("{s:O}", "hasKeyword", keyword);
	buf_init(&b, MAX_FILTER);
	int r = jmapfilter_text(j, account, filter, &b);
	json_decref(filter);
	if (r > 0 && (numbers(j, account, buf_all(&b), &with) < 0 ||
		      (!has && numbers(j, account, STR("ALL"), out) < 0) ||
		      labels(j, has ? &with : out, has ? NULL : &with) < 0)) {
		jmapbase_broken(j);
		r = 0;
	}
	if (r > 0 && has)
		*out = with;
	buf_free(&b);
	return r;
}
