#define _GNU_SOURCE
#include "popfetch.h"

#include "archive.h"
#include "arrival.h"
#include "ids.h"
#include "pack.h"
#include "proc.h"
#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_REFUSALS 100 /* in a row */
#define MOST_BEYOND 4    /* times max_message: then the connection is given up */
#define MAX_DOUBTS 10    /* messages that TOP did not bring as LIST says */

/* Commands under way. */
struct flight {
	struct popfetch_ctx *c;
	const struct popmail *const *of;
	size_t n;
	size_t sent, answered;
	uint64_t bytes; /* of those that are sent and not answered */
	unsigned refusals;
	const char *verb, *tail;
	struct buf head; /* the beginning of the message at hand */
	const struct popmail **again; /* TOP: to be fetched by RETR; NULL: this is RETR */
	size_t n_again;
};

static void send_more(struct flight *f)
{
	size_t most = POPFETCH_DEPTH;
	if (f->c->alone || !popsession_can(f->c->s, "PIPELINING", NULL))
		most = 1;
	while (!proc_stopped() && f->sent < f->n && f->sent - f->answered < most) {
		uint64_t size = f->of[f->sent]->size;
		if (f->sent > f->answered && f->bytes + size > POPFETCH_BYTES)
			break;
		f->bytes += size;
		popsession_send(f->c->s, "%s %u%s", f->verb, f->of[f->sent]->number, f->tail);
		f->sent++;
	}
}

/* The next answer's status. 1; 0: all is answered; -1. */
static int next_status(struct flight *f, struct popparse_status *st, struct err *err)
{
	send_more(f);
	if (f->answered == f->sent)
		return f->sent < f->n ? err_set(err, ERR_LATER, "interrupted") : 0;
	return popsession_status(f->c->s, st, err);
}

static void answered(struct flight *f)
{
	f->bytes -= f->of[f->answered]->size;
	f->answered++;
}

static void keep_head(struct flight *f, struct str piece)
{
	buf_str(&f->head, str_cut(piece, 0, POPFETCH_HEADER - f->head.n));
}

/* ---- whole messages ---- */

static int decide(struct flight *f, enum archive_outcome outcome, const char *reason,
		  struct err *err)
{
	const struct popmail *m = f->of[f->answered];
	struct feed_record r = {.type = FEED_OUTCOME, .uid = m->uid, .kind = outcome,
				.text = str_of(reason), .list = m->name};
	f->c->progress |= !m->doubtful;
	return feed_put(f->c->feed, &r, err);
}

static int refuse_large(struct flight *f, struct err *err)
{
	char reason[100];
	snprintf(reason, sizeof reason, "more than the %llu bytes that max_message allows",
		 (unsigned long long)f->c->ac->max_message);
	return decide(f, ARCHIVE_REFUSED, reason, err);
}

static int deliver(struct flight *f, struct err *err)
{
	struct letter *l = f->c->letter;
	const struct popmail *m = f->of[f->answered];
	struct feed_record r = {.type = FEED_MESSAGE, .uid = m->uid};
	struct imapparse_fetch named = {.emailid = m->name};
	struct buf ids;
	if (arrival_of(buf_all(&f->head), &r.date, &r.zone) == 0)
		r.date = (int64_t)time(NULL);
	buf_init(&ids, 1024);
	ids_pack(&ids, &named);
	pack_str(&ids, STR("")); /* whole as it came */
	r.list = buf_all(&ids);
	f->c->progress |= !m->doubtful;
	int ok = letter_send(l, f->c->feed, &r, err);
	buf_free(&ids);
	return ok;
}

/* Leaves it to RETR. When that happens often, all that follows, too. */
static void doubt(struct flight *f)
{
	f->again[f->n_again++] = f->of[f->answered];
	if (f->n_again < MAX_DOUBTS)
		return;
	f->c->only_retr = true;
	f->n = f->sent;
}

/* The bytes of a message. One that is too large is decided at once: it may never end. 1 or -1. */
static int receive(struct flight *f, struct err *err)
{
	struct letter *l = f->c->letter;
	struct str piece;
	bool refused = false;
	uint64_t most = f->c->ac->max_message;
	int r;
	buf_clear(&f->head);
	letter_open(l, most);
	popsession_body(f->c->s);
	while ((r = popsession_piece(f->c->s, &piece, err)) == 1) {
		keep_head(f, piece);
		if (letter_add(l, piece, err) < 0)
			return -1;
		if (l->too_large && !refused && refuse_large(f, err) < 0)
			return -1;
		refused = l->too_large;
		if (refused && l->have / MOST_BEYOND > most) {
			answered(f);
			return err_set(err, ERR_NET, "the server sends a message without end");
		}
	}
	if (r < 0)
		return -1;
	if (!popsession_fits(f->c->s))
		return err_set(err, ERR_INPUT, "the server sends more behind a message's end: it "
					       "does not mark the lines that begin with a dot");
	letter_end(l);
	popsession_note(f->c->s, l->size);
	if (refused)
		return 1;
	if (f->again == NULL || l->size == f->of[f->answered]->size)
		return deliver(f, err);
	doubt(f);
	return 1;
}

/* A refusal. 1 the next one; 0 too many; -1. */
static int on_refused(struct flight *f, const struct popparse_status *st, struct err *err)
{
	struct err why;
	if (f->again) {
		doubt(f);
		return 1;
	}
	popsession_refused(st, ERR_NET, "RETR refused", &why);
	if (++f->refusals > MAX_REFUSALS) {
		*err = why;
		return 0;
	}
	return decide(f, ARCHIVE_FAILED, why.text, err);
}

/* The connection broke. When it did so before without anything gained, it may be because of TOP;
 * when one message alone was asked for, that one is to blame. */
static int on_broken(struct flight *f, struct err *err)
{
	struct err why = *err, failed;
	if (why.kind == ERR_BROKEN || why.kind == ERR_LATER || f->c->progress)
		return -1;
	if (!f->c->alone || f->sent != f->answered + 1) {
		f->c->alone = true;
		return -1;
	}
	if (f->again) {
		f->c->only_retr = true;
		return -1;
	}
	if (decide(f, ARCHIVE_FAILED, why.text, &failed) < 0)
		*err = failed;
	uidset_add(&f->c->spoilt, f->of[f->answered]->uid);
	f->c->alone = false;
	return -1;
}

/* All of one flight. 1; 0 too many refusals; -1. */
static int fly(struct flight *f, struct err *err)
{
	struct popparse_status st;
	int r;
	buf_init(&f->head, POPFETCH_HEADER);
	while ((r = next_status(f, &st, err)) == 1) {
		if (st.kind == POPPARSE_OK) {
			f->refusals = 0;
			r = receive(f, err);
		} else {
			r = on_refused(f, &st, err);
		}
		if (r < 1)
			break;
		answered(f);
	}
	buf_free(&f->head);
	if (r < 0)
		return on_broken(f, err);
	return f->answered == f->n;
}

/* By TOP: *n_left, and `left`, are those that need RETR. 1 or -1. */
static int run_top(struct popfetch_ctx *c, const struct popmail *const *want, size_t n,
		   const struct popmail **left, size_t *n_left, struct err *err)
{
	struct flight f = {.c = c, .of = want, .n = n, .verb = "TOP", .tail = " 2147483647",
			   .again = left};
	if (fly(&f, err) < 0)
		return -1;
	*n_left = f.n_again;
	for (size_t i = f.answered; i < n; i++)
		left[(*n_left)++] = want[i];
	return 1;
}

/* Gmail gives the next mail of a drop only when what it gave before was fetched by RETR. */
static bool may_top(const struct popfetch_ctx *c)
{
	const struct harvest_account *ac = c->ac;
	const struct profile *p = ac->profile.n ? profile_named(ac->profile)
						: profile_find(ac->host, STR(""), STR(""));
	return !c->only_retr && !p->only_retr && popsession_can(c->s, "TOP", NULL);
}

int popfetch_run(struct popfetch_ctx *c, const struct popmail *const *want, size_t n,
		 struct err *err)
{
	struct flight f = {.c = c, .of = want, .n = n, .verb = "RETR", .tail = ""};
	const struct popmail **left = NULL;
	int r = 1;
	if (may_top(c)) {
		left = err_alloc((n + 1) * sizeof *left);
		r = run_top(c, want, n, left, &f.n, err);
		f.of = left;
	}
	if (r == 1)
		r = fly(&f, err);
	free(left);
	return r;
}

/* ---- headers ---- */

static int receive_header(struct flight *f, struct err *err)
{
	struct str piece;
	uint64_t all = 0;
	int r;
	popsession_body(f->c->s);
	while ((r = popsession_piece(f->c->s, &piece, err)) == 1) {
		all += piece.n;
		keep_head(f, piece);
		if (all > f->c->ac->max_message)
			return err_set(err, ERR_NET, "the server sends a header without end");
	}
	if (r == 0)
		popsession_note(f->c->s, all);
	return r < 0 ? -1 : 1;
}

int popfetch_headers(struct popfetch_ctx *c, const struct popmail *const *of, size_t n,
		     const struct popfetch_headers *to, struct err *err)
{
	struct flight f = {.c = c, .of = of, .n = n, .verb = "TOP", .tail = " 0"};
	struct popparse_status st;
	size_t got = 0;
	int r;
	buf_init(&f.head, POPFETCH_HEADER);
	while ((r = next_status(&f, &st, err)) == 1) {
		buf_clear(&f.head);
		if (st.kind == POPPARSE_OK && (r = receive_header(&f, err)) < 0)
			break;
		if (st.kind != POPPARSE_OK)
			popsession_refused(&st, ERR_NET, "TOP refused", err);
		got += st.kind == POPPARSE_OK;
		r = to->take(to->arg, f.answered, buf_all(&f.head), err);
		answered(&f);
		if (r < 0)
			break;
		if (got == 0 && f.answered == MAX_REFUSALS)
			f.n = f.sent; /* it cannot do that */
	}
	buf_free(&f.head);
	return r < 0 ? -1 : got > 0 || n == 0;
}
