#include "esearch.h"

#include "buf.h"

#include <stdlib.h>

struct uid {
	uint32_t uid;
	unsigned char score; /* relevancy, 0: not asked for */
};

/* What was found in one epoch. */
struct found {
	int64_t epoch;
	struct uid *uids;
	size_t n;
	uint64_t modseq;
};

struct gathering {
	struct arena *a;
	struct found *list;
	size_t n, last; /* last: the place of the epoch met last */
	bool modseq;
};

static struct found *found_of(struct gathering *g, int64_t epoch)
{
	if (g->n > 0 && g->list[g->last].epoch == epoch)
		return &g->list[g->last];
	for (g->last = 0; g->last < g->n; g->last++)
		if (g->list[g->last].epoch == epoch)
			return &g->list[g->last];
	g->list = arena_grow(g->a, g->list, g->n, sizeof *g->list);
	g->list[g->n++].epoch = epoch;
	return &g->list[g->last];
}

static void add(struct gathering *g, const struct archive_copy *c, unsigned score)
{
	struct found *f = found_of(g, c->epoch);
	f->uids = arena_grow(g->a, f->uids, f->n, sizeof *f->uids);
	f->uids[f->n++] = (struct uid){c->uid, (unsigned char)score};
	if (g->modseq && c->modseq > f->modseq)
		f->modseq = c->modseq;
}

static int by_number(const void *a, const void *b)
{
	const struct uid *x = a, *y = b;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* Ascending, each once: a UID that was given twice may have two copies. */
static void sort_uids(struct found *f)
{
	size_t n = 0;
	qsort(f->uids, f->n, sizeof *f->uids, by_number);
	for (size_t i = 0; i < f->n; i++)
		if (n == 0 || f->uids[i].uid != f->uids[n - 1].uid)
			f->uids[n++] = f->uids[i];
	f->n = n;
}

/* "4,7:9" */
static struct str set_of(struct arena *a, const struct uid *uids, size_t n)
{
	struct buf b;
	buf_init(&b, (size_t)1 << 30);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && uids[end].uid == uids[end - 1].uid + 1;)
			end++;
		buf_fmt(&b, "%s%u", i ? "," : "", (unsigned)uids[i].uid);
		if (end > i + 1)
			buf_fmt(&b, ":%u", (unsigned)uids[end - 1].uid);
	}
	struct str s = arena_str(a, buf_all(&b));
	buf_free(&b);
	return s;
}

/* The part of the UIDs that PARTIAL names, *n of them from the one given on; places count from 1,
 * negative ones from the end. */
static const struct uid *part_of(const struct imapret *ret, const struct found *f, size_t *n)
{
	bool back = ret->from < 0;
	uint64_t first = (uint64_t)(back ? -ret->from : ret->from);
	uint64_t last = (uint64_t)(back ? -ret->to : ret->to);
	*n = 0;
	if (first > f->n)
		return f->uids;
	if (last > f->n)
		last = f->n;
	*n = (size_t)(last - first + 1);
	return f->uids + (back ? f->n - last : first - 1);
}

static void describe(struct arena *a, const struct imapret *ret, const struct found *f,
		     struct esearch_mailbox *m)
{
	const struct uid *uids = f->uids;
	size_t n = f->n;
	m->count = f->n;
	m->min = f->uids[0].uid;
	m->max = f->uids[f->n - 1].uid;
	m->modseq = f->modseq;
	if (ret->partial)
		uids = part_of(ret, f, &n);
	if (ret->all)
		m->all = set_of(a, uids, n);
	if (ret->partial)
		m->partial = set_of(a, uids, n);
	if (!ret->relevancy)
		return;
	unsigned char *scores = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		scores[i] = uids[i].score;
	m->relevancy = scores;
	m->n_relevancy = n;
}

static int gather(struct gathering *g, struct query *q, struct err *err)
{
	const struct archive_copy *copies;
	size_t n;
	unsigned score = 0;
	int r;
	while ((r = query_next_copies(q, &copies, &n, err)) > 0) {
		if (query_return(q)->relevancy && query_relevance(q, &score, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			add(g, &copies[i], score);
	}
	return r;
}

int esearch_run(struct esearch *out, struct query *q, struct qdb *db, struct arena *a,
		struct err *err)
{
	struct gathering g = {.a = a, .modseq = query_has_modseq(q)};
	const struct archive_epoch *epochs;
	size_t n_epochs;
	*out = (struct esearch){.ret = query_return(q)};
	if (gather(&g, q, err) < 0 ||
	    archive_epochs(query_db_archive(db), a, &epochs, &n_epochs, err) < 0)
		return -1;
	struct esearch_mailbox *list = arena_alloc(a, g.n * sizeof *list + 1);
	for (size_t i = 0; i < n_epochs; i++)
		for (size_t j = 0; j < g.n; j++) {
			if (g.list[j].epoch != epochs[i].id)
				continue;
			sort_uids(&g.list[j]);
			list[out->n].epoch = &epochs[i];
			describe(a, out->ret, &g.list[j], &list[out->n++]);
		}
	out->list = list;
	return 1;
}

/* ---- as IMAP writes it ---- */

static void add_mailbox(struct buf *b, const struct archive_epoch *e)
{
	const struct str names[] = {e->account, STR("/"), e->mailbox};
	buf_fmt(b, " (MAILBOX \"");
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < names[i].n; j++) {
			char c = names[i].p[j];
			if (c == '"' || c == '\\')
				buf_chr(b, '\\');
			buf_chr(b, c == '\r' || c == '\n' || c == '\0' ? '?' : c);
		}
	buf_fmt(b, "\" UIDVALIDITY %u)", (unsigned)e->uidvalidity);
}

static void add_found(struct buf *b, const struct imapret *ret, const struct esearch_mailbox *m)
{
	if (ret->min && m->count > 0)
		buf_fmt(b, " MIN %u", (unsigned)m->min);
	if (ret->max && m->count > 0)
		buf_fmt(b, " MAX %u", (unsigned)m->max);
	if (ret->count)
		buf_fmt(b, " COUNT %llu", (unsigned long long)m->count);
	if (ret->all && m->all.n > 0)
		buf_fmt(b, " ALL %.*s", STR_ARG(m->all));
	if (m->modseq > 0)
		buf_fmt(b, " MODSEQ %llu", (unsigned long long)m->modseq);
}

struct str esearch_line(struct arena *a, const struct imapret *ret,
			const struct esearch_mailbox *m)
{
	static const struct esearch_mailbox nothing;
	struct buf b;
	buf_init(&b, (size_t)1 << 30);
	buf_fmt(&b, "* ESEARCH");
	if (m != NULL)
		add_mailbox(&b, m->epoch);
	else
		m = &nothing;
	buf_fmt(&b, " UID");
	add_found(&b, ret, m);
	if (ret->partial)
		buf_fmt(&b, " PARTIAL (%.*s %.*s)", STR_ARG(imapret_range(a, ret)),
			STR_ARG(m->partial.n > 0 ? m->partial : STR("NIL")));
	for (size_t i = 0; i < m->n_relevancy; i++)
		buf_fmt(&b, "%s%u", i ? " " : " RELEVANCY (", (unsigned)m->relevancy[i]);
	if (m->n_relevancy > 0)
		buf_chr(&b, ')');
	struct str s = arena_str(a, buf_all(&b));
	buf_free(&b);
	return s;
}
