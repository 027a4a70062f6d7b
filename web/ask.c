#define _GNU_SOURCE
#include "ask.h"

#include <stdatomic.h>
#include <stdio.h>

#include "auditing.h"
#include "halt.h"
#include "log.h"
#include "params.h"
#include "proc.h"

static const char *const parameters[] = {"q", "dialect", "account", "mailbox", "limit", "cursor",
					 "sort", "total", "timeout", "explain", "format",
					 "copies", "certificate", NULL};

static uint64_t usual_ms = 60000, most_ms = 600000;
static atomic_uint_fast64_t end_ms; /* 0: not yet */

void ask_times(uint64_t usual, uint64_t most)
{
	usual_ms = usual;
	most_ms = most;
}

void ask_end_at(uint64_t by_ms)
{
	atomic_store(&end_ms, by_ms);
}

const char *ask_dialect(enum query_dialect d)
{
	static const char *const names[] = {
		[QUERY_IMAP] = "imap", [QUERY_BOX] = "box", [QUERY_JSON] = "json"};
	return names[d];
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
	k->limit = k->stream ? 0 : ASK_LIMIT;
	if (text.n == 0 || (k->stream && str_u64(text, &k->limit)))
		return 1;
	if (!str_u64(text, &k->limit) || k->limit < 1 || k->limit > ASK_MAX_LIMIT)
		return err_set(err, ERR_INPUT, "parameter 'limit' is not 1 to %d", ASK_MAX_LIMIT);
	return 1;
}

static int read_timeout(struct ask *k, struct str text, struct err *err)
{
	k->timeout_ms = usual_ms;
	if (text.n > 0 && !halt_parse(text, &k->timeout_ms))
		return err_set(err, ERR_INPUT,
			       "parameter 'timeout' is no time such as 5s or 500ms");
	if (most_ms && (k->timeout_ms > most_ms || k->timeout_ms == 0))
		return err_set(err, ERR_INPUT, "parameter 'timeout' is above %llu ms",
			       (unsigned long long)most_ms);
	return 1;
}

int ask_read(struct ask *k, struct call *c, struct err *err)
{
	static const struct choice dialects[] = {
		{"box", QUERY_BOX}, {"imap", QUERY_IMAP}, {"json", QUERY_JSON}, {NULL, 0}};
	static const struct choice sorts[] = {
		{"-date", QUERY_NEWEST}, {"date", QUERY_OLDEST}, {"relevance", QUERY_RELEVANT},
		{"relevance,recent", QUERY_RECENT}, {NULL, 0}};
	static const struct choice totals[] = {
		{"at_least", ASK_AT_LEAST}, {"exact", ASK_EXACT}, {"estimate", ASK_ESTIMATE},
		{"none", ASK_NONE}, {NULL, 0}};
	static const struct choice formats[] = {{"json", 0}, {"ndjson", 1}, {NULL, 0}};
	static const struct choice flags[] = {{"0", 0}, {"1", 1}, {NULL, 0}};
	static const struct choice copies[] = {{"all", 0}, {"present", 1}, {NULL, 0}};
	int dialect, sort, total, stream, explain, present, certificate;
	*k = (struct ask){.call = c};
	if (params_only(c, parameters, err) < 0 ||
	    choose(c->url, "dialect", dialects, &dialect, err) < 0 ||
	    choose(c->url, "sort", sorts, &sort, err) < 0 ||
	    choose(c->url, "total", totals, &total, err) < 0 ||
	    choose(c->url, "copies", copies, &present, err) < 0 ||
	    choose(c->url, "explain", flags, &explain, err) < 0 ||
	    choose(c->url, "certificate", flags, &certificate, err) < 0 ||
	    choose(c->url, "format", formats, &stream, err) < 0)
		return -1;
	k->stream = stream || (url_get(c->url, "format", STR("")).n == 0 && c->req &&
			       str_find(c->req->accept, STR("application/x-ndjson")) >= 0);
	if (read_timeout(k, url_get(c->url, "timeout", STR("")), err) < 0 ||
	    read_limit(k, url_get(c->url, "limit", STR("")), err) < 0 ||
	    read_cursor(k, url_get(c->url, "cursor", STR("")), err) < 0)
		return -1;
	k->options.dialect = (enum query_dialect)dialect;
	k->options.sort = (enum query_sort)sort;
	k->options.account = url_get(c->url, "account", STR(""));
	k->options.mailbox = url_get(c->url, "mailbox", STR(""));
	k->total = certificate ? ASK_EXACT : (enum ask_total)total;
	k->certificate = certificate;
	if (certificate && k->stream)
		return err_set(err, ERR_INPUT, "a stream has no certificate: ask for format=json");
	k->explain = explain;
	k->options.present = present;
	k->options.rights = call_rights(c);
	if (k->options.rights.some && explain)
		return err_set(err, ERR_DENIED, "how an answer was found tells of all accounts:"
			       " explain is for those who may read them all");
	/* Bounds by the index would tell of them too. */
	if (k->options.rights.some && k->total == ASK_ESTIMATE)
		k->total = ASK_EXACT;
	k->text = url_get(c->url, "q", (struct str){NULL, 0});
	k->blank = k->text.p == NULL;
	return 1;
}

static bool nobody_waits(void *link)
{
	uint64_t end = atomic_load(&end_ms);
	return (end && log_now_ms() > end) || proc_stopped() > 1 || http_gone(link);
}

/* The query is a member of what was posted. */
static void in_body(struct err *err)
{
	char inner[sizeof err->place];
	memcpy(inner, err->place, sizeof inner);
	snprintf(err->place, sizeof err->place, "/q%.*s", (int)sizeof err->place - 3,
		 strcmp(inner, "/") == 0 ? "" : inner);
}

int ask_begin(struct ask *k, struct err *err)
{
	k->started_us = log_now_us();
	if (k->db == NULL && call_db(k->call, &k->db, err) < 0)
		return -1;
	if (query_view(k->db, &k->options.rights, &k->view, err) < 0)
		return -1;
	k->options.deadline_ms = k->timeout_ms ? log_now_ms() + k->timeout_ms : 0;
	k->options.gone = nobody_waits;
	k->options.gone_arg = k->call->req->link;
	if (query_open(&k->query, k->db, k->call->arena, k->text, &k->options, err) > 0)
		return 1;
	if (err->place[0] && str_eq(k->call->req->method, STR("POST")))
		in_body(err);
	if (err->kind == ERR_INPUT && err->column == 0 && err->place[0] == '\0')
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

static void set_next(struct ask *k, struct str cursor)
{
	if (cursor.n > 0)
		k->next = arena_fmt(k->call->arena, "%llu.%.*s",
				    (unsigned long long)(k->seen + k->n), STR_ARG(cursor));
}

/* Time is up, and nothing else is wrong: what there is so far is the page. */
static int time_up(struct ask *k)
{
	struct query_progress p;
	query_progress(k->query, &p);
	if (!p.time_up)
		return -1;
	k->stopped = true;
	set_next(k, query_cursor(k->query, k->call->arena));
	return 0;
}

/* The page is full: is there a hit behind it? */
static int look_ahead(struct ask *k, struct err *err)
{
	struct query_hit beyond;
	struct str cursor = query_cursor(k->query, k->call->arena);
	int r = 1;
	arena_reset(&k->hit);
	if (k->total != ASK_NONE)
		r = query_next(k->query, &k->hit, &beyond, err);
	if (r < 0)
		return time_up(k);
	if (r == QUERY_PAUSED)
		return r;
	k->ended = r == 0;
	if (r > 0)
		set_next(k, cursor);
	return 0;
}

static void take_id(struct ask *k, const struct query_hit *h)
{
	if (k->digest == NULL)
		k->digest = hash_new();
	hash_add_line(k->digest, h->msg.hash);
}

int ask_next(struct ask *k, struct query_hit *out, struct err *err)
{
	if (k->ended || k->next.n || k->stopped)
		return 0;
	if ((k->limit && k->n == k->limit) || (!k->stream && k->bytes > ASK_PAGE_BYTES))
		return look_ahead(k, err);
	arena_reset(&k->hit);
	int r = query_next(k->query, &k->hit, out, err);
	k->ended = r == 0;
	if (r == 1) {
		take_id(k, out);
		k->n++;
		k->bytes += weight(out);
	}
	return r < 0 ? time_up(k) : r;
}

/* Was everything that this asker may read searched? */
static bool whole(const struct ask *k, const struct query_progress *p)
{
	bool to_end = k->options.rights.some ? p->searched_to >= k->view.stored_to
					     : p->not_searched == 0;
	return to_end && p->unjudged == 0;
}

int ask_count(struct ask *k, struct err *err)
{
	struct query_options o = k->options;
	struct query_progress p;
	o.cursor = STR("");
	o.sort = QUERY_UNSORTED; /* as the archive has it: what is near is read together */
	if (k->counter == NULL &&
	    query_open(&k->counter, k->db, k->call->arena, k->text, &o, err) < 0)
		return -1;
	if (k->stream)
		query_pause(k->counter, ASK_SLICE_MS);
	int r = query_count(k->counter, &k->counted, err);
	query_progress(k->counter, &p);
	k->counted_all = r == 1;
	k->count_whole = whole(k, &p);
	k->count_stopped = r < 0 && p.time_up;
	return k->count_stopped ? 1 : r;
}

/* By the index, over all pages. */
static int estimate(struct ask *k, struct ask_summary *out, struct err *err)
{
	struct query_progress p;
	if (query_estimate(k->query, &out->bounds, err) < 0) {
		query_progress(k->query, &p);
		out->count_stopped = p.time_up;
		return p.time_up ? 1 : -1;
	}
	struct query_estimate *e = &out->bounds;
	/* No less than what was shown. */
	uint64_t shown = k->seen + k->n + (k->next.n > 0);
	e->least = e->least < shown ? shown : e->least;
	e->likely = e->likely < e->least ? e->least : e->likely;
	e->most = e->most < e->likely ? e->likely : e->most;
	out->total = e->likely;
	out->estimate = true;
	return 1;
}

/* The total, where the page itself does not tell it. */
static int find_total(struct ask *k, struct ask_summary *out, struct err *err)
{
	if (out->exact || k->total == ASK_AT_LEAST || k->total == ASK_NONE)
		return 1;
	if (k->total == ASK_ESTIMATE)
		return estimate(k, out, err);
	int r = k->counted_all || k->count_stopped ? 1 : ask_count(k, err);
	if (r < 0)
		return -1;
	out->exact = k->counted_all && k->count_whole;
	out->count_stopped = k->count_stopped;
	if (k->counted > out->total || k->counted_all)
		out->total = k->counted;
	return 1;
}

int ask_finish(struct ask *k, struct ask_summary *out, struct err *err)
{
	struct query_progress p;
	*out = (struct ask_summary){.total = k->seen + k->n + (k->next.n > 0 && !k->stopped &&
							       k->total != ASK_NONE)};
	query_progress(k->query, &p);
	out->unjudged = p.unjudged;
	out->exact = k->ended && k->options.cursor.n == 0;
	if (find_total(k, out, err) < 0)
		return -1;
	uint64_t stored = k->view.stored_to;
	out->not_fully = k->view.not_fully;
	out->indexed_to = k->view.indexed_to;
	out->stored_to = stored;
	out->searched_to = p.searched_to;
	if (k->options.rights.some && stored < p.searched_to)
		out->searched_to = stored;
	out->exact = out->exact && whole(k, &p);
	out->took_ms = (double)(log_now_us() - k->started_us) / 1000;
	return 1;
}

void ask_end(struct ask *k)
{
	auditing_search(k);
	hash_free(&k->digest);
	query_close(&k->query);
	query_close(&k->counter);
	arena_free(&k->hit);
}
