#define _GNU_SOURCE
#include "ask.h"

#include <time.h>

#include "proc.h"

static const char *const parameters[] = {"q", "dialect", "account", "mailbox", "limit", "cursor",
					 "sort", "total", "copies", NULL};

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

struct choice {
	const char *word;
	int value;
};

/* The value of a parameter that takes one of some words; the first is the default. */
static int choose(const struct url *u, const char *name, const struct choice *words, int *out,
		  struct err *err)
{
	struct str got = url_get(u, name, STR(""));
	*out = words[0].value;
	if (got.n == 0)
		return 1;
	for (; words->word; words++) {
		*out = words->value;
		if (str_eq(got, str_of(words->word)))
			return 1;
	}
	return err_set(err, ERR_INPUT, "parameter '%s' has an unknown value", name);
}

/* "<hits before>.<the query's own cursor>" */
static int read_cursor(struct ask *k, struct str text, struct err *err)
{
	ptrdiff_t dot = str_chr(text, '.');
	if (text.n == 0)
		return 1;
	if (dot <= 0 || !str_u64(str_cut(text, 0, (size_t)dot), &k->seen))
		return err_set(err, ERR_INPUT, "malformed cursor");
	k->options.cursor = str_cut(text, (size_t)dot + 1, text.n);
	if (k->options.cursor.n == 0)
		return err_set(err, ERR_INPUT, "malformed cursor");
	return 1;
}

static int read_limit(struct ask *k, struct str text, struct err *err)
{
	k->limit = ASK_LIMIT;
	if (text.n == 0)
		return 1;
	if (!str_u64(text, &k->limit) || k->limit < 1 || k->limit > ASK_MAX_LIMIT)
		return err_set(err, ERR_INPUT, "parameter 'limit' is not 1 to %d", ASK_MAX_LIMIT);
	return 1;
}

int ask_read(struct ask *k, struct call *c, struct err *err)
{
	static const struct choice dialects[] = {
		{"box", QUERY_BOX}, {"imap", QUERY_IMAP}, {NULL, 0}};
	static const struct choice sorts[] = {
		{"-date", QUERY_NEWEST}, {"date", QUERY_OLDEST}, {NULL, 0}};
	static const struct choice totals[] = {{"at_least", 0}, {"exact", 1}, {NULL, 0}};
	const struct url_param *odd = url_odd(c->url, parameters);
	static const struct choice copies[] = {{"all", 0}, {"present", 1}, {NULL, 0}};
	int dialect, sort, exact, present;
	*k = (struct ask){.call = c};
	if (odd)
		return err_set(err, ERR_INPUT, "unknown or repeated parameter '%.*s'",
			       STR_ARG(str_cut(odd->name, 0, 40)));
	if (choose(c->url, "dialect", dialects, &dialect, err) < 0 ||
	    choose(c->url, "sort", sorts, &sort, err) < 0 ||
	    choose(c->url, "total", totals, &exact, err) < 0 ||
	    choose(c->url, "copies", copies, &present, err) < 0 ||
	    read_limit(k, url_get(c->url, "limit", STR("")), err) < 0 ||
	    read_cursor(k, url_get(c->url, "cursor", STR("")), err) < 0)
		return -1;
	k->options.dialect = (enum query_dialect)dialect;
	k->options.sort = (enum query_sort)sort;
	k->options.account = url_get(c->url, "account", STR(""));
	k->options.mailbox = url_get(c->url, "mailbox", STR(""));
	k->exact = exact;
	k->options.present = present;
	k->text = url_get(c->url, "q", (struct str){NULL, 0});
	k->blank = k->text.p == NULL;
	return 1;
}

int ask_begin(struct ask *k, struct err *err)
{
	k->started_us = now_us();
	if (call_db(k->call, &k->db, err) < 0)
		return -1;
	if (query_open(&k->query, k->db, k->call->arena, k->text, &k->options, err) > 0)
		return 1;
	if (err->kind == ERR_INPUT && err->column == 0)
		err->column = 1;
	return -1;
}

static size_t weigh(const struct mail_address *list, size_t n)
{
	size_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += 64 + list[i].name.n + list[i].email.n;
	return sum;
}

/* About what the hit takes in an answer. */
static size_t weight(const struct query_hit *h)
{
	const struct record *r = &h->record;
	return 512 + r->subject.n + h->snippet.n + 256 * h->n_copies + weigh(r->from, r->n_from) +
	       weigh(r->to, r->n_to) + weigh(r->cc, r->n_cc);
}

/* The page is full: is there a hit behind it? */
static int look_ahead(struct ask *k, struct err *err)
{
	struct query_hit beyond;
	struct str cursor = query_cursor(k->query, k->call->arena);
	arena_reset(&k->hit);
	int r = query_next(k->query, &k->hit, &beyond, err);
	k->ended = r == 0;
	if (r > 0)
		k->next = arena_fmt(k->call->arena, "%llu.%.*s",
				    (unsigned long long)(k->seen + k->n), STR_ARG(cursor));
	return r < 0 ? -1 : 0;
}

int ask_next(struct ask *k, struct query_hit *out, struct err *err)
{
	if (k->ended || k->next.n)
		return 0;
	if (proc_stopped())
		return err_set(err, ERR_LATER, "the server is stopping");
	if (k->n == k->limit || k->bytes > ASK_PAGE_BYTES)
		return look_ahead(k, err);
	arena_reset(&k->hit);
	int r = query_next(k->query, &k->hit, out, err);
	k->ended = r == 0;
	if (r > 0) {
		k->n++;
		k->bytes += weight(out);
	}
	return r;
}

/* All hits, also those of other pages, asked anew. */
static int count_all(struct ask *k, uint64_t *out, struct err *err)
{
	struct query_options o = k->options;
	struct query *q = NULL;
	o.cursor = STR("");
	int r = query_open(&q, k->db, k->call->arena, k->text, &o, err);
	if (r > 0)
		r = query_count(q, out, err);
	query_close(&q);
	return r < 0 ? -1 : 1;
}

int ask_finish(struct ask *k, struct ask_summary *out, struct err *err)
{
	*out = (struct ask_summary){.total = k->seen + k->n + (k->next.n > 0)};
	out->exact = k->ended && k->options.cursor.n == 0;
	if (k->exact && !out->exact) {
		if (count_all(k, &out->total, err) < 0)
			return -1;
		out->exact = true;
	}
	if (query_not_fully(k->db, &out->not_fully, err) < 0 ||
	    query_db_reach(k->db, &out->indexed_to, &out->stored_to, err) < 0)
		return -1;
	out->took_ms = (double)(now_us() - k->started_us) / 1000;
	return 1;
}

void ask_end(struct ask *k)
{
	query_close(&k->query);
	arena_free(&k->hit);
}
