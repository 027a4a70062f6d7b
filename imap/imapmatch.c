#define _GNU_SOURCE
#include "imapmatch.h"

#include "headsum.h"
#include "log.h"
#include "rebind.h"
#include "rematch.h"
#include "uidlist.h"

#include <stdio.h>

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

const struct known_epoch *imapmatch_before(const struct fetch_ctx *c, const struct boxes_item *box,
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

/* Asks the server for what tells the window's messages apart. 1, 0 or -1. */
static int offer(void *arg, const uint32_t *uids, size_t n, struct err *err)
{
	const struct imapmatch *m = arg;
	struct fetch_ctx *c = m->c;
	struct uidset window = {.p = (uint32_t *)(uintptr_t)uids, .n = n}, offered = {0};
	struct imapparse_fetch got;
	struct uidlist l = {0};
	struct buf set;
	char items[200];
	int r = 0;
	bool gmail = session_can(c->s, "X-GM-EXT-1");
	snprintf(items, sizeof items, "(UID FLAGS INTERNALDATE RFC822.SIZE%s%s"
		 " BODY.PEEK[HEADER.FIELDS (" HEADSUM_FIELDS ")])",
		 gmail ? " X-GM-MSGID X-GM-LABELS" : "",
		 session_can(c->s, "OBJECTID") && !gmail ? " EMAILID" : "");
	buf_init(&set, MAX_LINE + 100);
	for (size_t i = 0; r == 0 && i < n;) {
		size_t some = n - i < FETCH_WINDOW ? n - i : FETCH_WINDOW;
		buf_clear(&set);
		i += uidset_ranges(uids + i, some, m->avoid, MAX_LINE, &set);
		uidlist_some(&l, c->s, buf_cstr(&set), items);
		while ((r = uidlist_next(&l, &got, err)) == 1)
			if (got.uid && got.has_date && got.has_size && got.has_flags &&
			    uidset_find(&window, got.uid) >= 0 &&
			    uidset_find(&offered, got.uid) < 0) {
				uidset_add(&offered, got.uid);
				uidset_sort(&offered);
				if ((r = rematch_offer(c->feed, &got, err)) < 0)
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

static int fetch(void *arg, const struct uidset *some, struct err *err)
{
	const struct imapmatch *m = arg;
	return fetch_run(m->c, some, m->avoid, err);
}

int imapmatch_run(struct imapmatch *m, struct uidset *done, struct err *err)
{
	struct str name = m->before->e.mailbox;
	struct rematch x = {
		.feed = m->c->feed, .want = m->want, .how = REBIND_HEADERS, .mailbox = name,
		.arg = m, .offer = offer, .fetch = fetch,
	};
	if (m->renamed) {
		x.how = REBIND_RENAMED;
		x.uidvalidity = m->before->e.uidvalidity;
	}
	int r = rematch_run(&x, err);
	if (r >= 0)
		log_line(LOG_INFO, "a mailbox that was '%.*s' under %s: %zu of %zu messages are "
				   "known", STR_ARG(name), m->renamed ? "that name" :
			 "another UIDVALIDITY", x.done.n, m->want->n);
	*done = x.done;
	return r;
}
