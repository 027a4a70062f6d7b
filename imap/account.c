#define _GNU_SOURCE
#include "account.h"

#include "credential.h"
#include "log.h"
#include "visit.h"

#include <poll.h>
#include <stdlib.h>

#define MAX_BREAKS 3    /* times a mailbox may break the connection and bring nothing */
#define MAX_ALL 30      /* the same over all mailboxes */
#define MAX_WAIT_MS 5000

struct account {
	const struct harvest_account *ac;
	struct fetch_ctx ctx;
	struct letter letter;
	struct known known;
	struct credential *cred;
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
	return session_open(&a->ctx.s, a->ac, a->cred, err);
}

static int report_failed(struct account *a, const struct boxes_item *box, const struct err *why,
			 struct err *err)
{
	struct feed_record r = {.type = FEED_FAILED, .text = str_of(why->text)};
	log_line(LOG_WARN, "account '%.*s', mailbox '%.*s': %s", STR_ARG(a->ac->name),
		 STR_ARG(box->name), why->text);
	return feed_put(a->ctx.feed, &r, err);
}

/* One mailbox, however often the connection breaks. 1 visited; 0 failed, *err says why; -1 the
 * account cannot go on. */
static int visit_box(struct account *a, const struct boxes_item *box, struct err *err)
{
	a->breaks = 0;
	a->ctx.alone = false;
	uidset_free(&a->ctx.spoilt);
	if (box->ambiguous) {
		err_set(err, ERR_INPUT, "another mailbox decodes to the same name");
		return 0;
	}
	for (;;) {
		a->ctx.progress = false;
		if (connect_again(a, err) < 0)
			return -1;
		int r = visit_run(&a->ctx, box, err);
		if (r >= 0 || err->kind == ERR_BROKEN)
			return r;
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

static int visit_all(struct account *a, struct err *err)
{
	struct arena arena = {0};
	struct boxes_item *box = NULL;
	struct err why = {0};
	const struct known_epoch *same;
	struct feed_record as_before = {.type = FEED_SAME};
	size_t n = 0;
	int r = connect_again(a, err);
	if (r == 1)
		r = boxes_list(a->ctx.s, &arena, a->ac, &box, &n, err);
	if (r == 1 && n == 0)
		log_line(LOG_WARN, "account '%.*s': no mailbox is wanted", STR_ARG(a->ac->name));
	if (r == 1)
		r = known_load(&a->known, a->ctx.feed, err);
	a->ctx.boxes = box;
	a->ctx.n_boxes = n;
	for (size_t i = 0; r == 1 && i < n; i++) {
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
	session_close(&a->ctx.s);
	known_free(&a->known);
	arena_free(&arena);
	return r;
}

int account_run(const struct harvest_account *ac, const char *dir, struct feed *feed)
{
	struct account *a = err_alloc(sizeof *a);
	struct err err = {0};
	struct feed_record done = {.type = FEED_DONE};
	a->ac = ac;
	letter_init(&a->letter, dir);
	a->ctx = (struct fetch_ctx){.feed = feed, .letter = &a->letter, .known = &a->known,
				    .ac = ac, .max_message = ac->max_message, .dry = ac->dry};
	int r = credential_open(&a->cred, &ac->auth, ac->name, dir, &err);
	if (r == 1)
		r = visit_all(a, &err);
	credential_close(&a->cred);
	if (r < 0) {
		done.kind = err.kind;
		done.text = str_of(err.text);
	}
	r = feed_put(feed, &done, &err);
	if (r == 1)
		r = feed_flush(feed, &err);
	uidset_free(&a->ctx.spoilt);
	letter_free(&a->letter);
	free(a);
	return r == 1 ? 0 : 1;
}
