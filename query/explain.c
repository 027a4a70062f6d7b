#include "explain.h"

#include "buf.h"

#define U(x) ((unsigned long long)(x))

static void leaf(struct buf *b, const struct query_step *s)
{
	buf_fmt(b, "  %.*s: ", STR_ARG(s->leaf));
	if (s->docs == 0)
		buf_fmt(b, "not asked for\n");
	else if (s->maybe == s->docs && s->sure < s->maybe)
		buf_fmt(b, "not narrowed (%.1f ms)\n", s->ms);
	else
		buf_fmt(b, "%llu candidates, %s (%.1f ms)\n", U(s->maybe),
			s->sure == s->maybe ? "exact" : s->sure > 0 ? "partly exact" : "superset",
			s->ms);
}

static void plan(struct buf *b, const struct query_account *x)
{
	if (x->no_index) {
		buf_fmt(b, "no index: every stored message is shown to the matcher\n");
		return;
	}
	buf_fmt(b, "index segments planned: %llu, not needed: %llu", U(x->segments),
		U(x->segments_left));
	if (x->by_scope)
		buf_fmt(b, ", chosen by account and mailbox alone: %llu", U(x->by_scope));
	buf_fmt(b, "\ndocuments looked at: %llu\ncandidates: %llu, of these proved by the index: "
		"%llu\n", U(x->docs), U(x->candidates), U(x->sure));
	for (size_t i = 0; i < x->n_leaves && x->segments > 0; i++)
		leaf(b, &x->leaves[i]);
	if (x->scanned)
		buf_fmt(b, "not in the index yet, shown to the matcher: %llu\n", U(x->scanned));
}

struct str explain_text(struct arena *a, const struct query_account *x)
{
	struct buf b;
	buf_init(&b, (size_t)4 << 20);
	buf_fmt(&b, "tree: %.*s\n", STR_ARG(x->tree));
	plan(&b, x);
	buf_fmt(&b, "judged: %llu, parsed: %llu, hits so far: %llu\n",
		U(x->no_index ? x->scanned : x->judged), U(x->parsed), U(x->hits));
	buf_fmt(&b, "open: %.1f ms, plan: %.1f ms, without index: %.1f ms, judge: %.1f ms, "
		"fetch: %.1f ms, snippets: %.1f ms\n",
		x->ms_open, x->ms_plan, x->ms_scan, x->ms_judge, x->ms_fetch, x->ms_snippets);
	struct str s = arena_str(a, buf_all(&b));
	buf_free(&b);
	return s;
}
