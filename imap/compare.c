#define _GNU_SOURCE
#include "compare.h"

#include "boxes.h"
#include "credential.h"
#include "ledger.h"
#include "popcompare.h"
#include "popvisit.h"
#include "selected.h"
#include "uidlist.h"

#include <stdlib.h>

struct compare {
	struct archive *ar;
	const struct harvest_account *ac;
	struct session *s;
	struct popsession *pop;              /* one of these two */
	struct arena arena;
	struct boxes_item *boxes;            /* ordered by name */
	const struct archive_epoch *epochs;  /* ordered by account, mailbox, UIDVALIDITY */
	size_t n, at, n_epochs, at_epoch;
	struct compare_box box;
};

static int connect_to(struct compare *c, struct err *err)
{
	struct credential *cred = NULL;
	unsigned delay;
	int r = credential_open(&cred, &c->ac->auth, c->ac->name, archive_dir(c->ar), err);
	if (r == 1 && c->ac->protocol == HARVEST_POP3)
		r = popsession_open(&c->pop, c->ac, cred, &delay, err);
	else if (r == 1)
		r = session_open(&c->s, c->ac, cred, err);
	credential_close(&cred);
	return r;
}

/* The mailboxes there are; a drop is one. */
static int list_boxes(struct compare *c, struct err *err)
{
	if (c->s)
		return boxes_list(c->s, &c->arena, c->ac, &c->boxes, &c->n, err);
	c->boxes = arena_alloc(&c->arena, sizeof *c->boxes);
	c->boxes->name = POPVISIT_BOX;
	c->n = 1;
	return 1;
}

int compare_open(struct compare **out, struct archive *ar, const struct harvest_account *ac,
		 struct err *err)
{
	struct compare *c = err_alloc(sizeof *c);
	c->ar = ar;
	c->ac = ac;
	if (connect_to(c, err) < 0 ||
	    list_boxes(c, err) < 0 ||
	    archive_epochs(ar, &c->arena, &c->epochs, &c->n_epochs, err) < 0) {
		compare_close(&c);
		return -1;
	}
	*out = c;
	return 1;
}

static void clear(struct compare_box *b)
{
	uidset_free(&b->missing);
	uidset_free(&b->lost);
	uidset_free(&b->extra);
	*b = (struct compare_box){0};
}

void compare_close(struct compare **c)
{
	if (*c == NULL)
		return;
	session_close(&(*c)->s);
	popsession_close(&(*c)->pop);
	clear(&(*c)->box);
	arena_free(&(*c)->arena);
	free(*c);
	*c = NULL;
}

/* The epoch of the open mailbox, 0: none; says by the box's state what there is instead. */
static int64_t find_epoch(struct compare *c)
{
	c->box.state = COMPARE_NEW;
	for (size_t i = 0; i < c->n_epochs; i++) {
		const struct archive_epoch *e = &c->epochs[i];
		if (!str_eq(e->account, c->ac->name) || !str_eq(e->mailbox, c->box.mailbox))
			continue;
		if (e->uidvalidity == c->box.uidvalidity) {
			c->box.state = COMPARE_KNOWN;
			c->box.before = 0;
			return e->id;
		}
		c->box.state = COMPARE_EPOCH;
		c->box.before = e->uidvalidity;
	}
	return 0;
}

/* ---- what the server has ---- */

static int list_uids(struct compare *c, struct uidset *seen, struct err *err)
{
	struct uidlist l = {.exists = (uint32_t)c->box.exists};
	if (c->box.exists == 0)
		return 1;
	uidlist_all(&l, c->s, "(UID)", "");
	int r = uidlist_into(&l, seen, err);
	c->box.exists = l.exists;
	uidlist_free(&l);
	return r;
}

static int look_drop(struct compare *c, struct uidset *seen, struct err *err)
{
	const struct popfetch_ctx ctx = {.s = c->pop, .ac = c->ac};
	c->box.uidvalidity = POPVISIT_EPOCH;
	int r = popcompare_look(&ctx, c->ar, find_epoch(c), seen, &c->box.exists, err);
	c->box.listed = seen->n;
	return r;
}

static int look(struct compare *c, const struct boxes_item *item, struct uidset *seen,
		struct err *err)
{
	struct selected at;
	if (c->pop)
		return look_drop(c, seen, err);
	if (item->ambiguous) {
		err_set(err, ERR_INPUT, "another mailbox decodes to the same name");
		return 0;
	}
	int r = selected_examine(c->s, item->raw, &at, err);
	if (r < 1)
		return r;
	c->box.uidvalidity = at.uidvalidity;
	c->box.exists = at.exists;
	r = list_uids(c, seen, err);
	c->box.listed = seen->n;
	return r;
}

/* ---- what the archive says ---- */

/* How much an entry says of what its UID is now. */
enum rank { RANK_NONE, RANK_LOST, RANK_FAILED, RANK_REFUSED, RANK_STORED };

static enum rank rank_of(const struct ledger_entry *e)
{
	switch (e->outcome) {
	case LEDGER_STORED:
	case LEDGER_DUPLICATE:
		return e->vanished ? RANK_LOST : RANK_STORED;
	case LEDGER_REFUSED:
		return RANK_REFUSED;
	case LEDGER_FAILED:
		return RANK_FAILED;
	default:
		return RANK_LOST;
	}
}

/* All that is recorded of one UID, beside the server's list: seen->p[*at..] is still to come. */
static void judge(struct compare_box *b, const struct uidset *seen, size_t *at, uint32_t uid,
		  enum rank rank)
{
	while (*at < seen->n && seen->p[*at] < uid)
		uidset_add(&b->missing, seen->p[(*at)++]);
	if (*at == seen->n || seen->p[*at] != uid) {
		if (rank == RANK_STORED)
			uidset_add(&b->extra, uid);
		return;
	}
	++*at;
	b->stored += rank == RANK_STORED;
	b->refused += rank == RANK_REFUSED;
	b->failed += rank == RANK_FAILED;
	if (rank == RANK_LOST)
		uidset_add(&b->lost, uid);
}

/* Goes through the epoch's entries and the server's UIDs side by side. */
static int settle(struct compare *c, int64_t epoch, const struct uidset *seen, struct err *err)
{
	struct ledger_filter f = {.epoch = epoch};
	struct ledger_entry e;
	struct ledger *l;
	enum rank rank = RANK_NONE;
	uint32_t uid = 0;
	size_t at = 0;
	int r;
	if (ledger_open(&l, c->ar, &f, err) < 0)
		return -1;
	while ((r = ledger_next(l, &e, err)) == 1) {
		if (rank != RANK_NONE && e.uid != uid) {
			judge(&c->box, seen, &at, uid, rank);
			rank = RANK_NONE;
		}
		uid = e.uid;
		if (rank_of(&e) > rank)
			rank = rank_of(&e);
	}
	if (rank != RANK_NONE)
		judge(&c->box, seen, &at, uid, rank);
	while (at < seen->n)
		uidset_add(&c->box.missing, seen->p[at++]);
	ledger_close(&l);
	return r;
}

/* A mailbox that is empty here and there is the same, whatever its UIDVALIDITY: Courier gives
 * one that nobody ever opened another at each look. As for the harvester, "here" is what it was
 * last, not what it was under still older numbers. 1 or -1. */
static int forgive_empty(struct compare *c, struct err *err)
{
	const struct archive_epoch *newest = NULL;
	struct archive_totals t;
	if (c->box.state != COMPARE_EPOCH || c->box.exists || c->box.listed)
		return 1;
	for (size_t i = 0; i < c->n_epochs; i++) {
		const struct archive_epoch *e = &c->epochs[i];
		if (str_eq(e->account, c->ac->name) && str_eq(e->mailbox, c->box.mailbox) &&
		    (newest == NULL || e->id > newest->id))
			newest = e;
	}
	if (newest == NULL)
		return 1;
	if (archive_totals(c->ar, newest->id, &t, err) < 0)
		return -1;
	if (t.present || t.failed || t.refused)
		return 1;
	c->box.state = COMPARE_KNOWN;
	c->box.before = 0;
	return 1;
}

static int compare_one(struct compare *c, const struct boxes_item *item, struct err *err)
{
	struct uidset seen = {0};
	clear(&c->box);
	c->box.mailbox = item->name;
	int r = look(c, item, &seen, &c->box.why);
	if (r < 0)
		*err = c->box.why;
	if (r == 0)
		c->box.state = COMPARE_SHUT;
	/* No epoch has the number -1: then nothing is recorded. */
	int64_t epoch = r == 1 ? find_epoch(c) : 0;
	if (r == 1 && (settle(c, epoch ? epoch : -1, &seen, err) < 0 || forgive_empty(c, err) < 0))
		r = -1;
	uidset_free(&seen);
	return r < 0 ? -1 : 1;
}

/* ---- what only the archive has ---- */

static bool is_listed(const struct compare *c, struct str name)
{
	size_t lo = 0, hi = c->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (str_cmp(c->boxes[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < c->n && str_eq(c->boxes[lo].name, name);
}

static int add_sums(struct compare *c, const struct archive_epoch *e, struct err *err)
{
	struct archive_totals t;
	if (archive_totals(c->ar, e->id, &t, err) < 0)
		return -1;
	c->box.before = e->uidvalidity;
	c->box.stored += t.present;
	c->box.failed += t.failed;
	c->box.refused += t.refused;
	return 1;
}

/* The next mailbox of the account that is wanted and was not listed, all its epochs. 1; 0; -1. */
static int next_left(struct compare *c, struct err *err)
{
	bool found = false;
	clear(&c->box);
	for (; c->at_epoch < c->n_epochs; c->at_epoch++) {
		const struct archive_epoch *e = &c->epochs[c->at_epoch];
		bool same = found && str_eq(e->mailbox, c->box.mailbox);
		if (!str_eq(e->account, c->ac->name) || !boxes_wanted(c->ac, e->mailbox) ||
		    is_listed(c, e->mailbox))
			continue;
		if (found && !same)
			break;
		found = true;
		c->box.state = COMPARE_LEFT;
		c->box.mailbox = e->mailbox;
		if (add_sums(c, e, err) < 0)
			return -1;
	}
	return found;
}

int compare_next(struct compare *c, const struct compare_box **out, struct err *err)
{
	*out = &c->box;
	if (c->at < c->n)
		return compare_one(c, &c->boxes[c->at++], err);
	return next_left(c, err);
}

bool compare_holds(const struct compare_box *b)
{
	if (b->state == COMPARE_LEFT)
		return true;
	return b->state == COMPARE_KNOWN && b->exists == b->listed && b->missing.n == 0 &&
	       b->lost.n == 0 && b->extra.n == 0;
}
