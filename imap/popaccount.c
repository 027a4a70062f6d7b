#include "popaccount.h"

#include "credential.h"
#include "idle.h"
#include "log.h"
#include "popvisit.h"
#include "proc.h"

#include <stdlib.h>

#define MAX_BREAKS 3 /* times the connection may break in a row and bring nothing */
#define MAX_ALL 30   /* the same over a whole visit */
#define MAX_LATER 3  /* tries to get into a drop that is in use */
#define WAIT_MS 1000
#define MAX_WAIT_MS 5000

struct popaccount {
	const struct harvest_account *ac;
	struct popfetch_ctx ctx;
	struct letter letter;
	struct credential *cred;
	unsigned delay;  /* seconds that must lie between two logins */
	uint64_t login;  /* when the last one was, 0: there was none */
	bool expiry_told;
	bool under_way;  /* the parent holds the mailbox open for us */
};

/* Waits for so long, or until told to stop. 1 or -1. */
static int rest(uint64_t ms, struct err *err)
{
	idle_sleep(log_now_ms() + ms);
	return proc_stopped() ? err_set(err, ERR_LATER, "interrupted") : 1;
}

/* Waits until the server takes another login. 1; 0 that is too long; -1. */
static int wait_turn(const struct popaccount *a, struct err *err)
{
	uint64_t now = log_now_ms(), then = a->login + a->delay * 1000ull;
	if (a->login == 0 || then <= now)
		return 1;
	bool patient = a->ac->watch && !a->under_way;
	if (!patient && then - now > POPACCOUNT_PATIENCE * 1000)
		return err_set(err, ERR_LATER, "the server wants %u s between two logins",
			       a->delay), 0;
	return rest(then - now, err);
}

/* A server that is told to delete what was fetched will do so, though we never ask for it. */
static void tell_expiry(struct popaccount *a)
{
	struct str args, days;
	if (a->expiry_told || !popsession_can(a->ctx.s, "EXPIRE", &args) ||
	    !str_split(&args, ' ', &days) || !str_eq(days, STR("0")))
		return;
	a->expiry_told = true;
	log_line(LOG_WARN, "account '%.*s': the server says that it keeps no mail that was fetched "
			   "(EXPIRE 0)", STR_ARG(a->ac->name));
}

/* A drop can be in use, and a login too early: that is tried a few times. 1 or -1. */
static int log_in(struct popaccount *a, struct err *err)
{
	for (unsigned i = 0;; i++) {
		if (wait_turn(a, err) < 1)
			return -1;
		int r = popsession_open(&a->ctx.s, a->ac, a->cred, &a->delay, err);
		if (r == 1)
			break;
		if (err->kind != ERR_LATER || i + 1 == MAX_LATER || proc_stopped())
			return -1;
		log_line(LOG_INFO, "account '%.*s': %s: trying again", STR_ARG(a->ac->name),
			 err->text);
		a->login = a->delay ? log_now_ms() : 0;
		if (rest((uint64_t)WAIT_MS << i, err) < 0)
			return -1;
	}
	a->login = log_now_ms();
	tell_expiry(a);
	return 1;
}

static int report_failed(struct popaccount *a, const struct err *why, struct err *err)
{
	struct feed_record r = {.type = FEED_FAILED, .text = str_of(why->text)};
	log_line(LOG_WARN, "account '%.*s': %s", STR_ARG(a->ac->name), why->text);
	return feed_put(a->ctx.feed, &r, err);
}

/* One visit, however often the connection breaks. 1 done, or it failed and that was reported; -1
 * the account cannot go on. */
static int visit(struct popaccount *a, struct err *err)
{
	struct err why = {0};
	unsigned breaks = 0, all = 0;
	a->ctx.alone = false;
	uidset_free(&a->ctx.spoilt);
	for (a->under_way = false;; a->under_way = true) {
		a->ctx.progress = false;
		if (log_in(a, err) < 0)
			return -1;
		int r = popvisit_run(&a->ctx, &why);
		popsession_close(&a->ctx.s);
		if (r == 0)
			return report_failed(a, &why, err);
		if (r == 1)
			return 1;
		*err = why;
		if (why.kind == ERR_BROKEN || proc_stopped())
			return -1;
		log_line(LOG_INFO, "account '%.*s': %s: connecting again", STR_ARG(a->ac->name),
			 why.text);
		breaks = a->ctx.progress ? 0 : breaks + 1;
		all += !a->ctx.progress;
		if (all > MAX_ALL)
			return -1;
		if (breaks >= MAX_BREAKS)
			return report_failed(a, &why, err);
		uint64_t ms = breaks ? 200u << breaks : 0;
		if (rest(ms < MAX_WAIT_MS ? ms : MAX_WAIT_MS, err) < 0)
			return -1;
	}
}

/* Goes on until something fails, or it is told to stop. 1 or -1. */
static int watch(struct popaccount *a, struct err *err)
{
	struct feed_record round = {.type = FEED_ROUND, .kind = 1};
	while (!proc_stopped()) {
		uint64_t until = log_now_ms() + a->ac->poll * 1000ull;
		int r = visit(a, err);
		if (r < 0)
			return proc_stopped() ? 1 : -1;
		if (feed_put(a->ctx.feed, &round, err) < 0 || feed_flush(a->ctx.feed, err) < 0)
			return -1;
		idle_sleep(until);
	}
	return 1;
}

int popaccount_run(const struct harvest_account *ac, const char *dir, struct feed *feed,
		   struct err *err)
{
	struct popaccount *a = err_alloc(sizeof *a);
	a->ac = ac;
	letter_init(&a->letter, dir);
	a->ctx = (struct popfetch_ctx){.feed = feed, .letter = &a->letter, .ac = ac};
	int r = credential_open(&a->cred, &ac->auth, ac->name, dir, err);
	if (r == 1)
		r = ac->watch ? watch(a, err) : visit(a, err);
	popsession_close(&a->ctx.s);
	credential_close(&a->cred);
	uidset_free(&a->ctx.spoilt);
	letter_free(&a->letter);
	free(a);
	return r < 0 ? -1 : 1;
}
