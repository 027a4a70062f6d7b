#include "visit.h"

#include "imapmatch.h"
#include "log.h"
#include "rematch.h"
#include "selected.h"
#include "uidlist.h"

#include <stdio.h>

#define FLAG_BATCH ((size_t)64 << 10)
#define MAX_LINE 900
#define DRY_STEPS 3 /* examine, ask_archive, enumerate */

struct visit {
	struct fetch_ctx *c;
	const struct boxes_item *box;
	struct selected at;
	const struct known_epoch *before; /* the epoch after its last whole visit, or NULL */
	struct uidset done, present; /* what the archive knows */
	struct uidset seen;          /* what the server has */
	struct uidlist listing;
	bool full;                   /* all UIDs were listed */
	bool labels;                 /* flags come with Gmail's labels */
	struct buf flags;            /* FEED_FLAGS entries that wait */
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
	v->before = known_find(v->c->known, v->box->name, v->at.uidvalidity);
	if (feed_put(f, &r, err) < 0 || feed_answer(f, &r, err) < 0)
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
static int on_listed(struct visit *v, const struct imapparse_fetch *got, struct err *err)
{
	if (got->uid == 0)
		return 1;
	if (!uidset_add(&v->seen, got->uid)) {
		err_set(err, ERR_NET, "more than %zu messages", UIDSET_MAX);
		return 0;
	}
	if (v->c->dry || !got->has_flags || (v->labels && !got->has_labels) ||
	    uidset_find(&v->done, got->uid) < 0)
		return 1;
	struct feed_flag e = {got->uid, got->flags, got->modseq, got->keywords};
	feed_flag_put(&v->flags, &e);
	return v->flags.n < FLAG_BATCH ? 1 : send_flags(v, err);
}

/* Lists messages with their flags; what is given goes into v->seen. 1, 0 or -1. */
static int list(struct visit *v, const char *modifier, struct err *err)
{
	struct imapparse_fetch got;
	struct err why = {0};
	int r, took = 1;
	const char *items = v->labels ? "(UID FLAGS X-GM-LABELS)" : "(UID FLAGS)";
	uidlist_all(&v->listing, v->c->s, items, modifier);
	while ((r = uidlist_next(&v->listing, &got, err)) == 1)
		if (took == 1 && (took = on_listed(v, &got, &why)) < 0)
			break;
	uidset_sort(&v->seen);
	if (took < 1)
		*err = why;
	if (r < 0 || took < 1)
		return r < 0 ? -1 : took;
	return v->listing.refused ? 0 : send_flags(v, err);
}

static int list_all(struct visit *v, struct err *err)
{
	uidset_free(&v->seen);
	v->full = true;
	v->listing.exists = v->at.exists;
	return v->at.exists ? list(v, "", err) : 1;
}

/* May the server be asked for what changed since the last visit only? Where numbers went back,
 * or everything was not listed for long, it may not. */
static bool may_ask_changes(const struct visit *v)
{
	const struct known_epoch *b = v->before;
	return b && b->e.highestmodseq && !b->stale && session_enabled(v->c->s, "CONDSTORE") &&
	       v->at.modseq >= b->e.highestmodseq && v->at.uidnext >= b->e.uidnext;
}

/* Puts together what there must be now: what was, what was listed as changed, and not what is
 * said to have vanished. */
static void add_up(struct visit *v)
{
	struct uidset left = {0};
	uidset_minus(&v->present, &v->listing.vanished, &left);
	for (size_t i = 0; i < left.n; i++)
		uidset_add(&v->seen, left.p[i]);
	uidset_sort(&v->seen);
	uidset_free(&left);
}

/* Where nothing told what vanished, the list of UIDs alone does: it is short. What it lacks is
 * asked for later; so it cannot do harm. 1 v->seen is right; 0 it is not known; -1. */
static int search_uids(struct visit *v, struct err *err)
{
	struct uidset there = {0};
	if (session_enabled(v->c->s, "QRESYNC") || !session_can(v->c->s, "ESEARCH"))
		return 0;
	int r = uidlist_search(&v->listing, v->c->s, &v->seen, &there, err);
	struct uidset old = v->seen;
	if (r == 1)
		v->seen = there;
	uidset_free(r == 1 ? &old : &there);
	return r;
}

/* What changed, by CONDSTORE or QRESYNC. When that does not add up to what the server counts,
 * everything is listed. */
static int list_changes(struct visit *v, struct err *err)
{
	char modifier[64];
	uint64_t since = v->before->e.highestmodseq;
	snprintf(modifier, sizeof modifier, " (CHANGEDSINCE %llu%s)", (unsigned long long)since,
		 session_enabled(v->c->s, "QRESYNC") ? " VANISHED" : "");
	v->listing.watched = &v->present;
	v->listing.exists = v->at.exists;
	bool still = v->at.modseq == since && v->at.exists == v->before->e.messages &&
		     v->at.uidnext == v->before->e.uidnext;
	int r = still ? 1 : list(v, modifier, err);
	v->listing.watched = NULL;
	if (r < 1)
		return r;
	add_up(v);
	r = v->seen.n == v->listing.exists ? 1 : search_uids(v, err);
	if (r)
		return r;
	log_line(LOG_INFO, "mailbox '%.*s': the server counts %u messages, its changes add up to "
			   "%zu: all are listed", STR_ARG(v->box->name), v->listing.exists,
		 v->seen.n);
	return list_all(v, err);
}

static int enumerate(struct visit *v, struct err *err)
{
	v->labels = session_can(v->c->s, "X-GM-EXT-1");
	return may_ask_changes(v) ? list_changes(v, err) : list_all(v, err);
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
		uidlist_some(&v->listing, v->c->s, buf_cstr(&set), "(UID)");
		r = uidlist_into(&v->listing, there, err);
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

/* A mailbox that was not known whole may be one that was, under another UIDVALIDITY or name. Where
 * a sample would be all of it, it is fetched. */
static int match_old(struct visit *v, struct err *err)
{
	struct uidset want = {0}, matched = {0};
	struct session *s = v->c->s;
	struct imapmatch m = {.c = v->c, .want = &want, .avoid = &v->done};
	bool rev1 = session_can(s, "IMAP4rev1") || session_can(s, "IMAP4rev2");
	int r = 1;
	if (rev1 && !(v->before && v->before->e.listed))
		m.before = imapmatch_before(v->c, v->box, &v->at, &m.renamed);
	for (size_t i = 0; i < v->c->spoilt.n; i++)
		uidset_add(&v->done, v->c->spoilt.p[i]);
	uidset_sort(&v->done);
	uidset_minus(&v->seen, &v->done, &want);
	if (m.before && want.n > (m.renamed ? 0 : REMATCH_LEAST))
		r = imapmatch_run(&m, &matched, err);
	for (size_t i = 0; i < matched.n; i++)
		uidset_add(&v->done, matched.p[i]);
	uidset_sort(&v->done);
	uidset_free(&matched);
	uidset_free(&want);
	return r;
}

static int fetch_missing(struct visit *v, struct err *err)
{
	struct uidset want = {0};
	uidset_minus(&v->seen, &v->done, &want);
	struct feed_record plan = {.type = FEED_PLAN, .size = want.n};
	int r = want.n ? feed_put(v->c->feed, &plan, err) : 1;
	if (r == 1 && want.n)
		r = fetch_run(v->c, &want, &v->done, err);
	uidset_free(&want);
	return r;
}

/* How many bytes the messages have, as the server reports it. */
static int add_sizes(struct visit *v, const struct uidset *want, uint64_t *bytes, struct err *err)
{
	struct imapparse_fetch got;
	struct buf set;
	int r = 0;
	buf_init(&set, MAX_LINE + 100);
	for (size_t i = 0; r == 0 && i < want->n;) {
		buf_clear(&set);
		i += uidset_ranges(want->p + i, want->n - i, &v->done, MAX_LINE, &set);
		uidlist_some(&v->listing, v->c->s, buf_cstr(&set), "(UID RFC822.SIZE)");
		while ((r = uidlist_next(&v->listing, &got, err)) == 1)
			*bytes += got.size;
	}
	buf_free(&set);
	return r < 0 ? -1 : v->listing.refused ? 0 : 1;
}

/* A dry run ends here. */
static int would_fetch(struct visit *v, struct err *err)
{
	struct uidset want = {0};
	struct feed_record r = {.type = FEED_WOULD};
	uidset_minus(&v->seen, &v->done, &want);
	r.size = want.n;
	int ok = add_sizes(v, &want, &r.modseq, err);
	if (ok == 1 && want.n)
		log_line(LOG_INFO, "mailbox '%.*s': %zu messages of %llu bytes would be fetched",
			 STR_ARG(v->box->name), want.n, (unsigned long long)r.modseq);
	uidset_free(&want);
	return ok == 1 ? feed_put(v->c->feed, &r, err) : ok;
}

static int run(struct visit *v, struct err *err)
{
	static int (*const step[])(struct visit *, struct err *) = {
		examine, ask_archive, enumerate, vanished, match_old, fetch_missing,
	};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		if (v->c->dry && i == DRY_STEPS)
			return would_fetch(v, err);
		int r = step[i](v, err);
		if (r < 1)
			return r;
	}
	struct feed_record seen = {
		.type = FEED_SEEN, .uid = v->at.uidnext, .modseq = v->at.modseq,
		.size = v->at.exists, .kind = v->full, .text = str_of(v->at.mailboxid),
	};
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
	uidlist_free(&v.listing);
	return r;
}
