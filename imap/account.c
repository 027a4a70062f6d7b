#define _GNU_SOURCE
#include "account.h"

#include "credential.h"
#include "idle.h"
#include "log.h"
#include "popaccount.h"
#include "proc.h"
#include "selected.h"
#include "throttle.h"
#include "visit.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#define MAX_BREAKS 3    /* times a mailbox may break the connection and bring nothing */
#define MAX_ALL 30      /* the same over all mailboxes */
#define MAX_REST (26 * 3600) /* seconds; a time further away was set by another clock */
#define MAX_WAIT_MS 5000
#define MAX_PAUSES 20   /* that servers may ask for */
#define GATHER_MS 300   /* news of other mailboxes may be followed by more */

struct account {
	const struct harvest_account *ac;
	struct fetch_ctx ctx;
	struct letter letter;
	struct known known;
	struct arena arena; /* of the list of mailboxes */
	bool no_idle;       /* the server does not know IDLE, or refused it */
	struct credential *cred;
	struct budget budget;
	unsigned pauses;
	unsigned breaks; /* in a row, in the mailbox, that brought nothing */
	unsigned all;    /* over all mailboxes */
};

static void rest(unsigned breaks)
{
	unsigned ms = breaks ? 200u << (breaks < 5 ? breaks : 5) : 0;
	poll(NULL, 0, (int)(ms < MAX_WAIT_MS ? ms : MAX_WAIT_MS));
}

static int connect_again(struct account *a, struct err *err)
{
	if (a->ctx.s)
		return 1;
	int r = session_open(&a->ctx.s, a->ac, a->cred, err);
	if (r == 1) {
		uint64_t own = a->ac->budget, usual = session_profile(a->ctx.s)->budget;
		if (own == HARVEST_BUDGET_DEFAULT)
			own = usual ? usual * 1000000 : BUDGET_NONE;
		budget_session(&a->budget, own);
	}
	return r == 1 && a->ac->watch ? idle_notify(a->ctx.s, err) : r;
}

static int report_failed(struct account *a, const struct boxes_item *box, const struct err *why,
			 struct err *err)
{
	struct feed_record r = {.type = FEED_FAILED, .text = str_of(why->text)};
	log_line(LOG_WARN, "account '%.*s', mailbox '%.*s': %s", STR_ARG(a->ac->name),
		 STR_ARG(box->name), why->text);
	return feed_put(a->ctx.feed, &r, err);
}

/* What went wrong may be that the server wants to be left alone: for a short time that is waited
 * for. 1 go on; 0 it is something else; -1 the visit ends. */
static int give_way(struct account *a, struct err *err)
{
	uint64_t ms = throttle_wait(str_of(err->text));
	if (ms == 0)
		return 0;
	if (ms > THROTTLE_SHORT_MS || ++a->pauses > MAX_PAUSES || a->ac->dry) {
		err->kind = ERR_LATER;
		return -1;
	}
	idle_sleep(log_now_ms() + ms);
	return 1;
}

/* One mailbox, however often the connection breaks. 1 visited; 0 failed, *err says why; -1 the
 * account cannot go on. */
static int visit_box(struct account *a, const struct boxes_item *box, struct err *err)
{
	a->breaks = 0;
	a->ctx.alone = false;
	a->letter.uid = 0;
	a->ctx.part_breaks = 0;
	uidset_free(&a->ctx.spoilt);
	if (box->ambiguous) {
		err_set(err, ERR_INPUT, "another mailbox decodes to the same name");
		return 0;
	}
	for (;;) {
		a->ctx.progress = false;
		if (connect_again(a, err) < 0)
			return -1;
		idle_sleep(log_now_ms() + session_profile(a->ctx.s)->rest);
		int r = visit_run(&a->ctx, box, err);
		budget_note(&a->budget, session_received(a->ctx.s), (int64_t)time(NULL));
		if (r > 0 || err->kind == ERR_BROKEN || err->kind == ERR_LATER || proc_stopped())
			return r;
		int way = give_way(a, err);
		if (way < 0 || (r == 0 && way == 0))
			return way < 0 ? -1 : 0;
		session_close(&a->ctx.s);
		log_line(LOG_INFO, "account '%.*s', mailbox '%.*s': %s: connecting again",
			 STR_ARG(a->ac->name), STR_ARG(box->name), err->text);
		a->breaks = a->ctx.progress ? 0 : a->breaks + 1;
		a->all += !a->ctx.progress;
		if (a->all > MAX_ALL)
			return -1;
		if (a->breaks >= MAX_BREAKS)
			return 0;
		rest(a->breaks);
	}
}

/* What the mailboxes are for. */
static int say_uses(struct account *a, const struct boxes_item *box, size_t n, struct err *err)
{
	const struct feed_record r = {.type = FEED_USES, .text = boxes_uses(&a->arena, box, n)};
	return feed_put(a->ctx.feed, &r, err);
}

static int visit_all(struct account *a, struct err *err)
{
	struct boxes_item *box = NULL;
	struct err why = {0};
	const struct known_epoch *same;
	struct feed_record as_before = {.type = FEED_SAME};
	size_t n = 0;
	int r = connect_again(a, err);
	arena_reset(&a->arena);
	known_free(&a->known);
	if (r == 1)
		r = boxes_list(a->ctx.s, &a->arena, a->ac, &box, &n, err);
	if (r == 1 && n == 0)
		log_line(LOG_WARN, "account '%.*s': no mailbox is wanted", STR_ARG(a->ac->name));
	if (r == 1 && !a->ac->dry)
		r = say_uses(a, box, n, err);
	if (r == 1)
		r = known_load(&a->known, a->ctx.feed, err);
	a->ctx.boxes = box;
	a->ctx.n_boxes = n;
	for (size_t i = 0; r == 1 && i < n && !proc_stopped(); i++) {
		if ((same = known_same(&a->known, &box[i])) != NULL) {
			as_before.uid++;
			as_before.size += same->waiting;
			continue;
		}
		r = visit_box(a, &box[i], &why);
		if (r < 0)
			*err = why;
		else if (r == 0)
			r = report_failed(a, &box[i], &why, err);
	}
	if (r == 1 && as_before.uid)
		r = feed_put(a->ctx.feed, &as_before, err);
	return r;
}

/* ---- watching ---- */

static int say_round(struct account *a, bool whole, struct err *err)
{
	struct feed_record r = {.type = FEED_ROUND, .kind = whole};
	if (feed_put(a->ctx.feed, &r, err) < 0)
		return -1;
	return feed_flush(a->ctx.feed, err);
}

/* Where IDLE waits: in Gmail's all mail, else INBOX, else the first mailbox. */
static const struct boxes_item *front(const struct account *a)
{
	const struct boxes_item *box = a->ctx.boxes, *at = a->ctx.n_boxes ? box : NULL;
	for (size_t i = 0; i < a->ctx.n_boxes; i++)
		if (box[i].all || (!at->all && str_eq(box[i].name, STR("INBOX"))))
			at = &box[i];
	return at && at->ambiguous ? NULL : at;
}

/* Opens the mailbox. 1 it is as at its last visit; 0 it is not; 2 it was refused; -1. */
static int unchanged(struct account *a, const struct boxes_item *box, struct err *err)
{
	struct selected at;
	known_free(&a->known);
	if (connect_again(a, err) < 0 || known_load(&a->known, a->ctx.feed, err) < 0)
		return -1;
	int r = selected_examine(a->ctx.s, box->raw, &at, err);
	if (r < 1)
		return r < 0 ? -1 : 2;
	const struct known_epoch *e = known_find(&a->known, box->name, at.uidvalidity);
	return e && e->e.uidnext == at.uidnext && e->e.messages == at.exists &&
	       e->e.highestmodseq == at.modseq;
}

static int visit_front(struct account *a, const struct boxes_item *box, struct err *err)
{
	struct err why = {0};
	int r = visit_box(a, box, &why);
	if (r == 0)
		r = report_failed(a, box, &why, err);
	else if (r < 0)
		*err = why;
	return r == 1 ? say_round(a, false, err) : -1;
}

static bool can_idle(const struct account *a)
{
	return !a->no_idle && (a->ctx.s == NULL || session_can(a->ctx.s, "IDLE") ||
			       session_can(a->ctx.s, "IMAP4rev2"));
}

/* Until it is time to look into all mailboxes: what comes into one of them is taken at once. */
static int attend(struct account *a, uint64_t until, struct err *err)
{
	const struct boxes_item *box = front(a);
	unsigned again = 0; /* visits in a row that did not lead to peace */
	while (box && can_idle(a) && !proc_stopped() && log_now_ms() < until) {
		int r = unchanged(a, box, err);
		if (r == 2)
			break;
		if (r == 1 || (r == 0 && again > 2)) {
			again = 0;
			r = idle_wait(a->ctx.s, until, &a->no_idle, err);
			if (r > 0 && r & IDLE_ELSEWHERE) {
				idle_sleep(log_now_ms() + GATHER_MS);
				return 1;
			}
			if (r == 0)
				continue;
		}
		again++;
		if (r < 0 || visit_front(a, box, err) < 0)
			return -1;
	}
	if (a->ctx.s && log_now_ms() + session_profile(a->ctx.s)->idle * 1000ull < until)
		session_close(&a->ctx.s); /* nobody keeps a silent connection for so long */
	idle_sleep(until);
	return 1;
}

/* Goes on until something fails, or it is told to stop. 1 or -1. */
static int watch(struct account *a, struct err *err)
{
	while (!proc_stopped()) {
		uint64_t until = log_now_ms() + a->ac->poll * 1000ull;
		if (visit_all(a, err) < 0 || (!proc_stopped() && say_round(a, true, err) < 0) ||
		    attend(a, until, err) < 0)
			return -1;
	}
	return 1;
}

/* Not before the time that the server, or the budget, set. 1 or -1. */
static int may_visit(struct account *a, struct err *err)
{
	int64_t now = (int64_t)time(NULL);
	struct budget *b = &a->budget;
	if (b->until <= now || b->until > now + MAX_REST || a->ac->retry || a->ac->dry ||
	    (b->own && a->ac->budget == HARVEST_BUDGET_NONE)) {
		b->until = 0;
		return 1;
	}
	return err_set(err, ERR_LATER, "%s", b->why);
}

/* Why the account stops, and until when. A spent budget is nothing wrong. */
static void tell_end(struct account *a, struct feed_record *done, struct err *err)
{
	struct budget *b = &a->budget;
	int64_t now = (int64_t)time(NULL);
	uint64_t ms = throttle_wait(str_of(err->text));
	if (b->until <= now && ms && err->kind != ERR_BROKEN && !proc_stopped() && !a->ac->dry) {
		err->kind = ERR_LATER;
		budget_hold(b, ms, err->text, now);
	}
	done->kind = b->until > now && b->own ? ERR_NONE : err->kind;
	done->modseq = b->until > now ? (uint64_t)b->until : 0;
	done->text = str_of(err->text);
}

/* An account that speaks IMAP; *done says how it ended. 1 or -1. */
static int run(const struct harvest_account *ac, const char *dir, struct feed *feed,
	       struct feed_record *done, struct err *err)
{
	struct account *a = err_alloc(sizeof *a);
	a->ac = ac;
	letter_init(&a->letter, dir);
	a->ctx = (struct fetch_ctx){.feed = feed, .letter = &a->letter, .known = &a->known,
				    .ac = ac, .budget = &a->budget,
				    .max_message = ac->max_message, .dry = ac->dry};
	budget_open(&a->budget, dir, ac->name);
	int r = may_visit(a, err);
	if (r == 1)
		r = credential_open(&a->cred, &ac->auth, ac->name, dir, err);
	if (r == 1)
		r = ac->watch ? watch(a, err) : visit_all(a, err);
	session_close(&a->ctx.s);
	known_free(&a->known);
	arena_free(&a->arena);
	credential_close(&a->cred);
	if (r < 0)
		tell_end(a, done, err);
	budget_close(&a->budget);
	uidset_free(&a->ctx.spoilt);
	letter_free(&a->letter);
	free(a);
	return r < 0 ? -1 : 1;
}

int account_run(const struct harvest_account *ac, const char *dir, struct feed *feed)
{
	struct err err = {0};
	struct feed_record done = {.type = FEED_DONE};
	int r;
	if (ac->protocol == HARVEST_IMAP) {
		r = run(ac, dir, feed, &done, &err);
	} else if ((r = popaccount_run(ac, dir, feed, &err)) < 0) {
		done.kind = err.kind;
		done.text = str_of(err.text);
	}
	r = feed_put(feed, &done, &err);
	if (r == 1)
		r = feed_flush(feed, &err);
	return r == 1 ? 0 : 1;
}
