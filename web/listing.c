#include "listing.h"

#include "brief.h"
#include "entries.h"
#include "frame.h"
#include "log.h"
#include "ndjson.h"
#include "params.h"
#include "standing.h"
#include "tag.h"

#include <stdlib.h>

static void (*add_fares)(const char *dir, json_t *o);

void listing_fares(void (*fares)(const char *dir, json_t *o))
{
	add_fares = fares;
}

json_t *listing_fared(void)
{
	json_t *o = json_object();
	if (add_fares)
		add_fares(call_dir(), o);
	return o;
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

int listing_close(struct call *c, json_t *o, const struct listing_sums *s, struct err *err)
{
	struct qdb *db;
	struct query_view view;
	struct rights rights = call_rights(c);
	bool none = strcmp(s->relation, "none") == 0;
	if (call_db(c, &db, err) < 0 || query_view(db, &rights, &view, err) < 0)
		return -1;
	json_object_set_new(o, "next", s->next.n ? shape_text(c->arena, s->next) : json_null());
	json_object_set_new(o, "total", none ? json_null() : number(s->total));
	json_object_set_new(o, "total_relation", json_string(s->relation));
	json_object_set_new(o, "warnings", json_array());
	json_object_set_new(o, "indexed_to", number(view.indexed_to));
	json_object_set_new(o, "stored_to", number(view.stored_to));
	json_object_set_new(o, "request_id", shape_text(c->arena, c->req->id));
	return 1;
}

int listing_whole(struct call *c, struct http_response *resp, const char *name, json_t *list,
		  struct err *err)
{
	struct listing_sums s = {json_array_size(list), "exact", STR("")};
	json_t *o = json_pack("{s:o}", name, list);
	return frame_answer(resp, o, listing_close(c, o, &s, err));
}

/* ---- mailboxes and accounts ---- */

/* The mailboxes of who asks. */
struct boxes {
	struct archive *ar;
	const struct archive_epoch *list;
	size_t n, at;
	struct str account, mailbox; /* patterns */
};

static int open_boxes(struct call *c, struct boxes *b, struct err *err)
{
	struct qdb *db;
	struct archive *ar;
	if (call_archive(c, &ar, &db, err) < 0)
		return -1;
	*b = (struct boxes){.ar = ar,
			    .account = url_get(c->url, "account", STR("")),
			    .mailbox = url_get(c->url, "mailbox", STR(""))};
	return archive_epochs(b->ar, c->arena, &b->list, &b->n, err);
}

static const struct archive_epoch *next_box(struct call *c, struct boxes *b)
{
	while (b->at < b->n) {
		const struct archive_epoch *e = &b->list[b->at++];
		if (call_may_read(c, e->account) &&
		    (b->account.n == 0 || str_glob(b->account, e->account)) &&
		    (b->mailbox.n == 0 || str_glob(b->mailbox, e->mailbox)))
			return e;
	}
	return NULL;
}

/* One mailbox as an object; its ledger is added to *all. NULL with *err. */
static json_t *box_json(struct boxes *b, const struct archive_epoch *e, struct ledger_sums *all,
			struct err *err)
{
	struct archive_totals t;
	struct ledger_sums l;
	if (ledger_count(b->ar, e->id, &l, err) < 0 || archive_totals(b->ar, e->id, &t, err) < 0)
		return NULL;
	standing_add(all, &l);
	return standing_mailbox(e, &t, &l);
}

/* All mailboxes that are asked for, into an array. 1 or -1. */
static int all_boxes(struct call *c, json_t *list, struct ledger_sums *all, struct err *err)
{
	struct boxes b;
	const struct archive_epoch *e;
	*all = (struct ledger_sums){0};
	if (open_boxes(c, &b, err) < 0)
		return -1;
	while ((e = next_box(c, &b)) != NULL) {
		json_t *o = box_json(&b, e, all, err);
		if (o == NULL)
			return -1;
		json_array_append_new(list, o);
	}
	return 1;
}

/* What the mailboxes hold, without their ledgers. 1 or -1. */
static int brief_boxes(struct call *c, json_t *list, struct err *err)
{
	struct boxes b;
	const struct archive_epoch *e;
	if (open_boxes(c, &b, err) < 0)
		return -1;
	struct brief_epoch *sums = arena_alloc(c->arena, (b.n + 1) * sizeof *sums);
	if (brief_epochs(b.ar, b.list, b.n, sums, err) < 0)
		return -1;
	while ((e = next_box(c, &b)) != NULL) {
		const struct brief_epoch *s = &sums[e - b.list];
		json_array_append_new(list, json_pack(
			"{s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "account",
			shape_text(c->arena, e->account), "mailbox",
			shape_text(c->arena, e->mailbox), "uidvalidity",
			(json_int_t)e->uidvalidity, "copies", number(s->copies), "present",
			number(s->present), "vanished", number(s->copies - s->present), "failed",
			number(s->failed), "refused", number(s->refused), "gone",
			number(s->gone)));
	}
	return 1;
}

int listing_mailboxes(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const names[] = {"account", "mailbox", NULL};
	json_t *o = json_object(), *list = json_array();
	json_object_set_new(o, "mailboxes", list);
	int r = params_only(c, names, err) < 0 ? -1 : brief_boxes(c, list, err);
	struct listing_sums s = {json_array_size(list), "exact", STR("")};
	return frame_answer(resp, o, r < 0 ? -1 : listing_close(c, o, &s, err));
}

static void add_to(json_t *sum, const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(sum, key)) +
		       json_integer_value(json_object_get(o, key));
	json_object_set_new(sum, key, json_integer(n));
}

/* The sums of the mailboxes of each account, which stand together. */
static json_t *by_account(const json_t *boxes)
{
	static const char *const keys[] = {"copies", "present", "vanished", "failed", "refused",
					   "gone", NULL};
	json_t *out = json_array(), *sum = NULL;
	for (size_t i = 0; i < json_array_size(boxes); i++) {
		const json_t *o = json_array_get(boxes, i);
		json_t *name = json_object_get(o, "account");
		if (sum == NULL || !json_equal(name, json_object_get(sum, "account"))) {
			sum = json_pack("{s:O, s:i}", "account", name, "mailboxes", 0);
			json_array_append_new(out, sum);
		}
		/* One that was made anew on the server stands there twice. */
		json_t *box = json_object_get(o, "mailbox");
		json_int_t n = json_integer_value(json_object_get(sum, "mailboxes"));
		if (n == 0 || !json_equal(box, json_object_get(json_array_get(boxes, i - 1),
							       "mailbox")))
			json_object_set_new(sum, "mailboxes", json_integer(n + 1));
		for (const char *const *k = keys; *k; k++)
			add_to(sum, o, *k);
	}
	return out;
}

int listing_accounts(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const names[] = {NULL};
	json_t *o = json_object(), *boxes = json_array(), *list;
	int r = params_only(c, names, err) < 0 ? -1 : brief_boxes(c, boxes, err);
	list = by_account(boxes);
	json_decref(boxes);
	json_object_set_new(o, "accounts", list);
	struct listing_sums s = {json_array_size(list), "exact", STR("")};
	return frame_answer(resp, o, r < 0 ? -1 : listing_close(c, o, &s, err));
}

/* ---- status ---- */

json_t *listing_kept(enum keeper_ward which)
{
	struct keeper_state k;
	keeper_state(which, &k);
	if (!k.on)
		return json_null();
	return json_pack("{s:b,s:b,s:i,s:i,s:i}", "running", k.running, "elsewhere", k.elsewhere,
			 "starts", (int)k.starts, "failures", (int)k.failures, "last_status",
			 k.status);
}

/* null: they cannot be read, which is no reason to say nothing else. */
static void add_tags(json_t *o)
{
	struct people *p;
	struct err err;
	struct tag_sums sums = {0};
	bool known = !call_people_there() ||
		     (call_people(&p, &err) > 0 && tag_sums(p, &sums, &err) > 0);
	if (!known)
		log_line(LOG_WARN, "%s", err.text);
	json_object_set_new(o, "tags", known ? number(sums.tags) : json_null());
	json_object_set_new(o, "tagged_messages", known ? number(sums.messages) : json_null());
}

/* Of the whole archive, for who may know of all of it. */
static int whole(struct call *c, json_t **out, const struct ledger_sums *all, struct err *err)
{
	struct standing st;
	struct archive *ar;
	struct qdb *db;
	int r = call_archive(c, &ar, &db, err);
	if (r < 0 || (r = standing_read(ar, db, &st, err)) < 0)
		return -1;
	if (r == 0)
		log_line(LOG_ERROR, "%s", err->text);
	*out = standing_json(&st, all, STR(STANDING_ERROR));
	if (add_fares)
		add_fares(call_dir(), *out);
	add_tags(*out);
	json_object_set_new(*out, "harvest", listing_kept(KEEPER_HARVEST));
	json_object_set_new(*out, "exports", listing_kept(KEEPER_EXPORTS));
	json_object_set_new(*out, "keeper", listing_kept(KEEPER_ITSELF));
	return 1;
}

/* Of what whoever asks may read. How far their mail goes the index tells. */
static int own(struct call *c, json_t **out, struct err *err)
{
	struct archive *ar;
	struct qdb *db;
	struct query_view view;
	struct rights rights = call_rights(c);
	int r = call_archive(c, &ar, &db, err);
	if (r > 0 && query_view(db, &rights, &view, err) < 0) {
		if (err->kind != ERR_BROKEN)
			return -1;
		log_line(LOG_ERROR, "%s", err->text);
		r = 0;
	}
	if (r < 0)
		return -1;
	*out = r == 0 ? json_pack("{s:n,s:n,s:n,s:s}", "indexed_to", "stored_to", "index_behind",
				  "index_error", STANDING_ERROR)
		      : json_pack("{s:o,s:o,s:o,s:n}", "indexed_to", number(view.indexed_to),
				  "stored_to", number(view.stored_to), "index_behind",
				  number(view.stored_to - view.indexed_to), "index_error");
	return 1;
}

int listing_status(struct call *c, struct http_response *resp, struct err *err)
{
	static const char *const names[] = {NULL};
	struct ledger_sums all;
	json_t *o = NULL, *list = json_array();
	int r = params_only(c, names, err) < 0 ? -1 : all_boxes(c, list, &all, err);
	if (r > 0)
		r = c->who->all_accounts ? whole(c, &o, &all, err) : own(c, &o, err);
	if (r > 0) {
		json_object_set(o, "mailboxes", list);
		json_object_set_new(o, "request_id", shape_text(c->arena, c->req->id));
	}
	json_decref(list);
	return frame_answer(resp, o, r);
}

/* ---- the ledger ---- */

/* "<epoch>.<uid>.<entries of that uid before>" */
struct place {
	int64_t epoch;
	uint32_t uid;
	uint64_t skip;
};

static int read_place(struct str text, struct place *p, struct err *err)
{
	struct str a, b;
	uint64_t epoch;
	*p = (struct place){0};
	if (text.n == 0)
		return 1;
	if (!str_split(&text, '.', &a) || !str_split(&text, '.', &b) || !str_u64(a, &epoch) ||
	    !str_u32(b, &p->uid) || !str_u64(text, &p->skip) || epoch == 0 || epoch > INT64_MAX)
		return err_set(err, ERR_INPUT, "malformed cursor");
	p->epoch = (int64_t)epoch;
	return 1;
}

/* Which copy was the first takes long to find out, and is found out only when it matters. */
#define COPIES (1u << LEDGER_STORED | 1u << LEDGER_DUPLICATE)

struct ledger_page {
	struct ledger_filter filter;
	struct place from, at;
	uint64_t limit;
	struct str next;
	bool alike; /* duplicates are called stored */
};

static int read_ledger(struct call *c, struct ledger_page *p, struct err *err)
{
	static const char *const names[] = {"account", "mailbox", "outcome", "limit", "cursor",
					    "format", NULL};
	struct str outcome = url_get(c->url, "outcome", STR(""));
	const struct params_bounds limits = {LISTING_LIMIT, 1, LISTING_MAX};
	*p = (struct ledger_page){.filter = {.account = url_get(c->url, "account", STR("")),
					     .mailbox = url_get(c->url, "mailbox", STR(""))}};
	if (params_only(c, names, err) < 0 ||
	    params_number(c, "limit", limits, &p->limit, err) < 0 ||
	    read_place(url_get(c->url, "cursor", STR("")), &p->from, err) < 0)
		return -1;
	if (outcome.n > 0 && !entries_filter(outcome, &p->filter))
		return err_set(err, ERR_INPUT, "parameter 'outcome' has an unknown value");
	/* That a message came twice may tell of an account they may not read. */
	p->alike = !c->who->all_accounts;
	if (p->alike && p->filter.outcomes == 1u << LEDGER_DUPLICATE)
		return err_set(err, ERR_DENIED, "duplicates tell of all accounts");
	if (p->alike && p->filter.outcomes == 1u << LEDGER_STORED)
		p->filter.outcomes = COPIES;
	p->filter.from_epoch = p->from.epoch;
	p->filter.from_uid = p->from.uid;
	return 1;
}

/* Steps on to the entry. Was it on the page before? */
static bool given_before(struct ledger_page *p, const struct ledger_entry *e)
{
	bool same = p->at.epoch == e->epoch->id && p->at.uid == e->uid;
	p->at = (struct place){e->epoch->id, e->uid, same ? p->at.skip + 1 : 0};
	return e->epoch->id == p->from.epoch && e->uid == p->from.uid &&
	       p->at.skip < p->from.skip;
}

static int entries(struct call *c, struct ledger *l, struct ledger_page *p, json_t *list,
		   struct err *err)
{
	struct ledger_entry e;
	int r;
	while ((r = ledger_next(l, &e, err)) == 1) {
		if (given_before(p, &e) || !call_may_read(c, e.epoch->account))
			continue;
		if (json_array_size(list) == p->limit) {
			p->next = arena_fmt(c->arena, "%lld.%u.%llu", (long long)p->at.epoch,
					    p->at.uid, (unsigned long long)p->at.skip);
			return 1;
		}
		if (p->alike && e.outcome == LEDGER_DUPLICATE)
			e.outcome = LEDGER_STORED;
		json_array_append_new(list, entries_json(c->arena, &e));
	}
	return r < 0 ? -1 : 1;
}

static uint64_t of_outcome(const struct ledger_sums *l, const struct ledger_filter *f)
{
	const uint64_t n[LEDGER_OUTCOMES] = {
		[LEDGER_STORED] = l->stored, [LEDGER_DUPLICATE] = l->duplicates,
		[LEDGER_REFUSED] = l->refused, [LEDGER_FAILED] = l->failed,
		[LEDGER_GONE] = l->gone};
	uint64_t sum = 0;
	if (f->vanished)
		return l->vanished;
	for (int i = 0; i < LEDGER_OUTCOMES; i++)
		if (f->outcomes == 0 || (f->outcomes >> i & 1))
			sum += n[i];
	return sum;
}

/* How many entries the filter lets through, of the mailboxes that may be read. */
static int count_entries(struct call *c, const struct ledger_filter *f, uint64_t *out,
			 struct err *err)
{
	struct boxes b;
	const struct archive_epoch *e;
	struct ledger_sums l;
	*out = 0;
	if (open_boxes(c, &b, err) < 0)
		return -1;
	struct brief_epoch *sums = arena_alloc(c->arena, (b.n + 1) * sizeof *sums);
	if (brief_epochs(b.ar, b.list, b.n, sums, err) < 0)
		return -1;
	bool split = !f->vanished && (f->outcomes & COPIES) && (f->outcomes & COPIES) != COPIES;
	while ((e = next_box(c, &b)) != NULL) {
		const struct brief_epoch *s = &sums[e - b.list];
		l = (struct ledger_sums){.stored = s->copies, .failed = s->failed,
					 .vanished = s->copies - s->present,
					 .refused = s->refused, .gone = s->gone};
		if (split && ledger_count(b.ar, e->id, &l, err) < 0)
			return -1;
		*out += of_outcome(&l, f);
	}
	return 1;
}

/* The ledger as lines. Each piece is a page of its own, so that a client that reads slowly keeps
 * nothing of the catalog busy. */
struct lines {
	struct arena page;
	struct http_request req;
	struct call call;
	struct qdb *db;
	struct ledger_page p;
	uint64_t n;
	bool over;
};

static int next_lines(struct lines *s, struct buf *out, struct err *err)
{
	struct ledger *l = NULL;
	json_t *list = json_array();
	s->p.filter.from_epoch = s->p.from.epoch;
	s->p.filter.from_uid = s->p.from.uid;
	s->p.at = (struct place){0};
	s->p.next = STR("");
	int r = ledger_open(&l, query_db_archive(s->db), &s->p.filter, err);
	if (r > 0)
		r = entries(&s->call, l, &s->p, list, err);
	ledger_close(&l);
	for (size_t i = 0; i < json_array_size(list) && r > 0; i++, s->n++)
		ndjson_line(out, json_pack("{s:O}", "entry", json_array_get(list, i)));
	json_decref(list);
	return r > 0 ? read_place(s->p.next, &s->p.from, err) : -1;
}

static int last_line(struct lines *s, struct buf *out, struct err *err)
{
	struct rights rights = call_rights(&s->call);
	struct query_view view;
	s->over = true;
	if (query_view(s->db, &rights, &view, err) < 0)
		return -1;
	ndjson_line(out, json_pack("{s:o,s:s,s:[],s:o,s:o,s:o}", "total", number(s->n),
				   "total_relation", "exact", "warnings", "indexed_to",
				   number(view.indexed_to), "stored_to", number(view.stored_to),
				   "request_id", shape_text(&s->page, s->req.id)));
	return 1;
}

static int more_lines(void *arg, struct buf *out)
{
	struct lines *s = arg;
	struct err err = {0};
	if (s->over)
		return 0;
	int r = next_lines(s, out, &err);
	if (r > 0 && s->p.next.n == 0)
		r = last_line(s, out, &err);
	arena_reset(&s->page);
	if (r > 0)
		return 1;
	log_line(LOG_WARN, "web: a stream ends early: %s", err.text);
	ndjson_line(out, json_pack("{s:{s:s}}", "error", "detail", "the server's log says why"));
	s->over = true;
	return 1;
}

static void end_lines(void *arg)
{
	struct lines *s = arg;
	query_db_close(&s->db);
	arena_free(&s->page);
	free(s);
	ndjson_leave();
}

static int stream(struct call *c, const struct ledger_page *p, struct http_response *resp,
		  struct err *err)
{
	if (url_get(c->url, "limit", STR("")).n + url_get(c->url, "cursor", STR("")).n > 0)
		return err_set(err, ERR_INPUT, "a stream of lines takes no limit and no cursor");
	if (ndjson_enter(err) < 0)
		return -1;
	struct lines *s = err_alloc(sizeof *s);
	s->req = *c->req;
	s->p = *p;
	s->p.limit = LISTING_MAX;
	s->call = (struct call){.req = &s->req, .who = c->who, .arena = &s->page};
	if (query_db_open(&s->db, call_dir(), err) < 0) {
		end_lines(s);
		return -1;
	}
	resp->type = "application/x-ndjson";
	resp->stream = (struct http_stream){more_lines, end_lines, s};
	return 1;
}

/* 1: as lines; 0: as one object; -1. */
static int as_lines(const struct call *c, struct err *err)
{
	struct str format = url_get(c->url, "format", STR(""));
	if (str_eq(format, STR("ndjson")))
		return 1;
	if (format.n && !str_eq(format, STR("json")))
		return err_set(err, ERR_INPUT, "parameter 'format' is json or ndjson");
	return format.n == 0 && str_find(c->req->accept, STR("application/x-ndjson")) >= 0;
}

int listing_ledger(struct call *c, struct http_response *resp, struct err *err)
{
	struct ledger_page p;
	struct listing_sums s = {.relation = "exact"};
	struct ledger *l = NULL;
	struct qdb *db;
	int r = read_ledger(c, &p, err), lines = as_lines(c, err);
	if (r < 0 || lines != 0)
		return r < 0 || lines < 0 ? -1 : stream(c, &p, resp, err);
	json_t *o = json_object(), *list = json_array();
	json_object_set_new(o, "entries", list);
	r = call_db(c, &db, err);
	if (r > 0)
		r = ledger_open(&l, query_db_archive(db), &p.filter, err);
	if (r > 0)
		r = entries(c, l, &p, list, err);
	ledger_close(&l);
	if (r > 0 && p.from.epoch == 0)
		r = count_entries(c, &p.filter, &s.total, err);
	else
		s.relation = "none"; /* a page on the way is not counted again */
	s.next = p.next;
	return frame_answer(resp, o, r < 0 ? -1 : listing_close(c, o, &s, err));
}
