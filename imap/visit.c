#include "visit.h"

#include "log.h"
#include "selected.h"

#define FLAG_BATCH ((size_t)64 << 10)
#define MAX_LINE 900

struct visit {
	struct fetch_ctx *c;
	const struct boxes_item *box;
	struct selected at;
	struct uidset done, present; /* what the archive knows */
	struct uidset seen;          /* what the server has */
	struct buf flags;            /* FEED_FLAGS entries that wait */
	struct arena arena;          /* of one response */
};

static int examine(struct visit *v, struct err *err)
{
	return selected_examine(v->c->s, v->box->raw, &v->at, err);
}

/* ---- what the archive knows ---- */

static int ask_archive(struct visit *v, struct err *err)
{
	struct feed *f = v->c->feed;
	struct feed_record r = {.type = FEED_EPOCH, .text = v->box->name, .uid = v->at.uidvalidity};
	int got;
	if (feed_put(f, &r, err) < 0 || feed_flush(f, err) < 0)
		return -1;
	while ((got = feed_next(f, &r, err)) == 0)
		if (feed_fill(f, err) < 1)
			return err_set(err, ERR_BROKEN, "the harvest's parent process is gone");
	if (got < 0)
		return -1;
	if (r.type == FEED_KNOWN && uidset_unpack(r.list, &v->done) &&
	    uidset_unpack(r.more, &v->present))
		return 1;
	return err_set(err, ERR_BROKEN, "the harvest's parent process sent a malformed record");
}

/* ---- what the server has ---- */

static int send_flags(struct visit *v, struct err *err)
{
	struct feed_record r = {.type = FEED_FLAGS, .list = buf_all(&v->flags)};
	int ok = v->flags.n ? feed_put(v->c->feed, &r, err) : 1;
	buf_clear(&v->flags);
	return ok;
}

/* One message of the server's list. 1 or -1; 0: too many. */
static int on_listed(struct visit *v, struct str args, struct uidset *to, struct err *err)
{
	struct imapparse_fetch got;
	arena_reset(&v->arena);
	if (imapparse_fetch(&v->arena, args, &got, err) < 0)
		return -1;
	if (got.uid == 0)
		return 1;
	if (!uidset_add(to, got.uid)) {
		err_set(err, ERR_NET, "more than %zu messages", UIDSET_MAX);
		return 0;
	}
	if (to != &v->seen || !got.has_flags || uidset_find(&v->done, got.uid) < 0)
		return 1;
	struct feed_flag e = {got.uid, got.flags, got.modseq, got.keywords};
	feed_flag_put(&v->flags, &e);
	return v->flags.n < FLAG_BATCH ? 1 : send_flags(v, err);
}

/* Runs a UID FETCH that lists messages; their UIDs go into *to. */
static int list(struct visit *v, unsigned tag, struct uidset *to, struct err *err)
{
	struct session_event ev;
	int r = 1;
	do {
		if (session_next(v->c->s, &ev, err) < 0)
			return -1;
		if (r == 1 && ev.kind == SESSION_RESP && ev.resp.kind == IMAPPARSE_DATA &&
		    str_ieq(ev.resp.name, STR("FETCH")))
			r = on_listed(v, ev.resp.args, to, err);
		if (r < 0)
			return -1;
	} while (ev.kind != SESSION_RESP || ev.tag != tag);
	if (r == 1 && ev.resp.status != IMAPPARSE_OK) {
		session_refused(&ev.resp, ERR_NET, "cannot list messages", err);
		r = 0;
	}
	uidset_sort(to);
	return r;
}

static int enumerate(struct visit *v, struct err *err)
{
	if (v->at.exists == 0)
		return 1;
	int r = list(v, session_send(v->c->s, "UID FETCH 1:4294967295 (UID FLAGS)"), &v->seen, err);
	return r == 1 ? send_flags(v, err) : r;
}

/* Asks a second time for those that were not listed. */
static int confirm(struct visit *v, const struct uidset *lost, struct uidset *there,
		   struct err *err)
{
	struct buf set;
	int r = 1;
	buf_init(&set, MAX_LINE + 100);
	for (size_t i = 0; r == 1 && i < lost->n;) {
		buf_clear(&set);
		i += uidset_ranges(lost->p + i, lost->n - i, &v->seen, MAX_LINE, &set);
		unsigned tag = session_send(v->c->s, "UID FETCH %s (UID)", buf_cstr(&set));
		r = list(v, tag, there, err);
	}
	buf_free(&set);
	uidset_sort(there);
	return r;
}

static int report_vanished(struct visit *v, const struct uidset *lost, struct err *err)
{
	struct feed_record r = {.type = FEED_VANISHED};
	struct buf list_;
	if (lost->n > 100 && lost->n > v->present.n / 5)
		log_line(LOG_WARN, "mailbox '%.*s': %zu of %zu messages are gone from the server",
			 STR_ARG(v->box->name), lost->n, v->present.n);
	buf_init(&list_, FEED_MAX);
	uidset_pack(lost->p, lost->n, &list_);
	r.list = buf_all(&list_);
	int ok = feed_put(v->c->feed, &r, err);
	buf_free(&list_);
	return ok;
}

static int vanished(struct visit *v, struct err *err)
{
	struct uidset lost = {0}, there = {0}, gone = {0};
	uidset_minus(&v->present, &v->seen, &lost);
	int r = lost.n && v->at.exists ? confirm(v, &lost, &there, err) : 1;
	uidset_minus(&lost, &there, &gone);
	if (r == 1 && gone.n)
		r = report_vanished(v, &gone, err);
	uidset_free(&lost);
	uidset_free(&there);
	uidset_free(&gone);
	return r;
}

/* ---- what is missing ---- */

static int fetch_missing(struct visit *v, struct err *err)
{
	struct uidset want = {0};
	for (size_t i = 0; i < v->c->spoilt.n; i++)
		uidset_add(&v->done, v->c->spoilt.p[i]);
	uidset_sort(&v->done);
	uidset_minus(&v->seen, &v->done, &want);
	struct feed_record plan = {.type = FEED_PLAN, .size = want.n};
	int r = want.n ? feed_put(v->c->feed, &plan, err) : 1;
	if (r == 1 && want.n)
		r = fetch_run(v->c, &want, &v->done, err);
	uidset_free(&want);
	return r;
}

static int run(struct visit *v, struct err *err)
{
	static int (*const step[])(struct visit *, struct err *) = {
		examine, ask_archive, enumerate, vanished, fetch_missing,
	};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		int r = step[i](v, err);
		if (r < 1)
			return r;
	}
	struct feed_record seen = {.type = FEED_SEEN, .uid = v->at.uidnext, .modseq = v->at.modseq};
	return feed_put(v->c->feed, &seen, err);
}

int visit_run(struct fetch_ctx *c, const struct boxes_item *box, struct err *err)
{
	struct visit v = {.c = c, .box = box};
	buf_init(&v.flags, FLAG_BATCH + (16 << 10));
	int r = run(&v, err);
	uidset_free(&v.done);
	uidset_free(&v.present);
	uidset_free(&v.seen);
	buf_free(&v.flags);
	arena_free(&v.arena);
	return r;
}
