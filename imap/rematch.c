#define _GNU_SOURCE
#include "rematch.h"

#include "headsum.h"
#include "ids.h"
#include "log.h"
#include "pack.h"
#include "rebind.h"
#include "uidlist.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_LINE 800

/* ---- what it may have been ---- */

static bool is_listed(const struct fetch_ctx *c, struct str name)
{
	for (size_t i = 0; i < c->n_boxes; i++)
		if (str_eq(c->boxes[i].name, name))
			return true;
	return false;
}

/* Is it the same mailbox under another name? MAILBOXID says so; without one, the old name must be
 * gone, and the numbers must fit. */
static bool was_renamed(const struct fetch_ctx *c, const struct known_epoch *k,
			const struct selected *at)
{
	struct str id = str_of(at->mailboxid);
	if (k->e.uidvalidity != at->uidvalidity || k->e.listed == 0 || is_listed(c, k->e.mailbox) ||
	    !boxes_wanted(c->ac, k->e.mailbox))
		return false;
	if (id.n && k->e.mailboxid.n)
		return str_eq(id, k->e.mailboxid);
	return k->e.uidnext && k->e.uidnext <= at->uidnext && k->e.messages;
}

const struct known_epoch *rematch_before(const struct fetch_ctx *c, const struct boxes_item *box,
					 const struct selected *at, bool *renamed)
{
	const struct known_epoch *found = NULL;
	for (size_t i = 0; i < c->known->n; i++) {
		const struct known_epoch *k = &c->known->list[i];
		bool same = str_eq(k->e.mailbox, box->name);
		if (same && k->e.uidvalidity == at->uidvalidity)
			continue;
		*renamed = !same && was_renamed(c, k, at);
		if (*renamed)
			return k;
		if (same && (found == NULL || k->e.id > found->e.id))
			found = k;
	}
	return found;
}

/* ---- offers ---- */

static int offer(struct fetch_ctx *c, const struct imapparse_fetch *got, struct err *err)
{
	struct feed_record r = {
		.type = FEED_OFFER, .uid = got->uid, .flags = got->flags, .date = got->date,
		.zone = got->zone, .modseq = got->modseq, .size = got->size, .text = got->keywords,
	};
	struct buf ids;
	uint64_t sum = 0;
	buf_init(&ids, 1024);
	ids_pack(&ids, got);
	pack_u64(&ids, got->has_header && headsum_of(got->header, &sum));
	pack_u64(&ids, sum);
	r.list = buf_all(&ids);
	int ok = feed_put(c->feed, &r, err);
	buf_free(&ids);
	return ok;
}

/* Asks the server for what tells the window's messages apart. 1, 0 or -1. */
static int offer_window(struct fetch_ctx *c, const uint32_t *uids, size_t n,
			const struct uidset *avoid, struct err *err)
{
	struct uidset window = {.p = (uint32_t *)(uintptr_t)uids, .n = n}, offered = {0};
	struct imapparse_fetch got;
	struct uidlist l = {0};
	struct buf set;
	char items[300];
	int r = 0;
	struct ids_asks asks = {session_can(c->s, "X-GM-EXT-1"), session_can(c->s, "OBJECTID"),
				session_can(c->s, "SAVEDATE")};
	snprintf(items, sizeof items, "(UID FLAGS INTERNALDATE RFC822.SIZE%s"
		 " BODY.PEEK[HEADER.FIELDS (" HEADSUM_FIELDS ")])", ids_items(&asks));
	buf_init(&set, MAX_LINE + 100);
	for (size_t i = 0; r == 0 && i < n;) {
		size_t some = n - i < FETCH_WINDOW ? n - i : FETCH_WINDOW;
		buf_clear(&set);
		i += uidset_ranges(uids + i, some, avoid, MAX_LINE, &set);
		uidlist_some(&l, c->s, buf_cstr(&set), items);
		while ((r = uidlist_next(&l, &got, err)) == 1)
			if (got.uid && got.has_date && got.has_size && got.has_flags &&
			    uidset_find(&window, got.uid) >= 0 &&
			    uidset_find(&offered, got.uid) < 0) {
				uidset_add(&offered, got.uid);
				uidset_sort(&offered);
				if ((r = offer(c, &got, err)) < 0)
					break;
			}
		if (r == 0 && l.refused)
			i = n; /* then they are fetched */
	}
	uidset_free(&offered);
	uidlist_free(&l);
	buf_free(&set);
	return r < 0 ? -1 : !l.refused;
}

/* ---- a window ---- */

static int answer(struct fetch_ctx *c, enum feed_type ask, const struct uidset *with,
		  enum feed_type want, struct uidset *out, struct err *err)
{
	struct feed_record r = {.type = ask};
	struct buf list;
	buf_init(&list, FEED_MAX / 4);
	uidset_pack(with->p, with->n, &list);
	r.list = buf_all(&list);
	int ok = feed_put(c->feed, &r, err);
	buf_free(&list);
	if (ok == 1)
		ok = feed_answer(c->feed, &r, err);
	if (ok < 0)
		return -1;
	if (r.type != want || !uidset_unpack(r.list, out))
		return err_set(err, ERR_BROKEN,
			       "the harvest's parent process sent a malformed record");
	return 1;
}

/* Some of the proposed ones, spread over all of them, where nobody can know which. */
static void pick_sample(const struct uidset *proposed, struct uidset *out)
{
	size_t n = proposed->n / REMATCH_STEP;
	if (n < REMATCH_LEAST)
		n = REMATCH_LEAST;
	if (n > proposed->n)
		n = proposed->n;
	for (size_t i = 0; i < n; i++) {
		size_t from = i * proposed->n / n, to = (i + 1) * proposed->n / n;
		uidset_add(out, proposed->p[from + arc4random_uniform((uint32_t)(to - from))]);
	}
}

/* 1 bound; 0 not: these and what follows are fetched; -1. */
static int run_window(struct rematch *m, const uint32_t *uids, size_t n, struct err *err)
{
	struct fetch_ctx *c = m->c;
	struct uidset none = {0}, proposed = {0}, sample = {0}, bound = {0};
	int r = offer_window(c, uids, n, m->avoid, err);
	if (r >= 0 && answer(c, FEED_MATCH, &none, FEED_MATCHED, &proposed, err) < 0)
		r = -1;
	if (!m->renamed)
		pick_sample(&proposed, &sample);
	if (r == 1 && sample.n)
		r = fetch_run(c, &sample, m->avoid, err);
	if (r == 1)
		r = answer(c, FEED_BIND, &sample, FEED_BOUND, &bound, err);
	for (size_t i = 0; r == 1 && i < sample.n; i++)
		uidset_add(&m->done, sample.p[i]);
	for (size_t i = 0; i < bound.n; i++)
		uidset_add(&m->done, bound.p[i]);
	if (r == 1 && proposed.n > sample.n && bound.n == 0)
		r = 0;
	uidset_free(&proposed);
	uidset_free(&sample);
	uidset_free(&bound);
	return r;
}

int rematch_run(struct rematch *m, struct err *err)
{
	struct str name = m->before->e.mailbox;
	struct feed_record seek = {
		.type = FEED_SEEK, .kind = m->renamed ? REBIND_RENAMED : REBIND_HEADERS,
		.text = name, .uid = m->renamed ? m->before->e.uidvalidity : 0,
	};
	int r = feed_put(m->c->feed, &seek, err);
	for (size_t i = 0; r == 1 && i < m->want->n; i += REBIND_WINDOW) {
		size_t left = m->want->n - i;
		r = run_window(m, m->want->p + i, left < REBIND_WINDOW ? left : REBIND_WINDOW, err);
	}
	if (r >= 0)
		log_line(LOG_INFO, "a mailbox that was '%.*s' under %s: %zu of %zu messages are "
				   "known", STR_ARG(name), m->renamed ? "that name" :
			 "another UIDVALIDITY", m->done.n, m->want->n);
	return r < 0 ? -1 : 1;
}
