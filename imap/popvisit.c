#include "popvisit.h"

#include "log.h"
#include "pack.h"
#include "popdrop.h"
#include "popmatch.h"
#include "popnames.h"
#include "rematch.h"

#include <stdlib.h>

#define DRY_STEPS 4 /* ask_archive, ask_names, list, number */

struct popvisit {
	struct popfetch_ctx *c;
	struct popnames names;
	struct uidset done, present; /* what the archive knows */
	struct uidset seen, fresh;   /* UIDs of what is there; of those, the ones with new names */
	struct popdrop drop;
};

/* ---- what the archive knows ---- */

static int malformed(struct err *err)
{
	return err_set(err, ERR_BROKEN, "the harvest's parent process sent a malformed record");
}

static int ask_archive(struct popvisit *v, struct err *err)
{
	struct feed *f = v->c->feed;
	struct feed_record r = {.type = FEED_EPOCH, .text = POPVISIT_BOX, .uid = POPVISIT_EPOCH};
	if (feed_put(f, &r, err) < 0 || feed_answer(f, &r, err) < 0)
		return -1;
	if (r.type == FEED_KNOWN && uidset_unpack(r.list, &v->done) &&
	    uidset_unpack(r.more, &v->present))
		return 1;
	return malformed(err);
}

static int take_names(struct popvisit *v, struct str list, struct err *err)
{
	struct str name;
	uint64_t uid;
	while (list.n) {
		if (!pack_get_u64(&list, &uid) || !pack_get_str(&list, &name))
			return malformed(err);
		popnames_add(&v->names, (uint32_t)uid, name);
	}
	return 1;
}

static int ask_names(struct popvisit *v, struct err *err)
{
	struct feed_record r = {.type = FEED_NAMES};
	if (feed_put(v->c->feed, &r, err) < 0)
		return -1;
	do {
		if (feed_answer(v->c->feed, &r, err) < 0)
			return -1;
		if (r.type != FEED_NAMED)
			return malformed(err);
		if (take_names(v, r.list, err) < 0)
			return -1;
	} while (r.list.n);
	v->names.next = r.uid;
	popnames_sort(&v->names);
	return 1;
}

/* ---- what the server has ---- */

static int list(struct popvisit *v, struct err *err)
{
	return popdrop_list(&v->drop, v->c, v->names.uidl, err);
}

static int number(struct popvisit *v, struct err *err)
{
	if (popnames_number(&v->names, v->drop.mails, v->drop.n, &v->seen, &v->fresh))
		return 1;
	return err_set(err, ERR_BROKEN, "no UID is left in the mailbox");
}

/* What is not listed is gone, if the server's list is as long as it says itself. */
static int vanished(struct popvisit *v, struct err *err)
{
	struct uidset lost = {0};
	struct buf text;
	int r = 1;
	if (!v->drop.whole)
		return 1;
	uidset_minus(&v->present, &v->seen, &lost);
	buf_init(&text, FEED_MAX / 4);
	uidset_pack(lost.p, lost.n, &text);
	struct feed_record gone = {.type = FEED_VANISHED, .list = buf_all(&text)};
	if (lost.n)
		r = feed_put(v->c->feed, &gone, err);
	buf_free(&text);
	uidset_free(&lost);
	return r;
}

/* ---- what is missing ---- */

/* Are most of the names new, while most of the old ones are gone? */
static bool renamed(const struct popvisit *v)
{
	size_t still = 0;
	for (size_t i = 0; i < v->present.n; i++)
		still += uidset_find(&v->seen, v->present.p[i]) >= 0;
	return v->present.n >= REMATCH_LEAST && still < v->present.n / 2 &&
	       v->fresh.n > v->drop.n / 2 && v->fresh.n > REMATCH_LEAST;
}

static int match_old(struct popvisit *v, struct err *err)
{
	struct popmatch m = {.c = v->c, .mailbox = POPVISIT_BOX, .mails = v->drop.mails,
			     .n = v->drop.n};
	struct uidset matched = {0};
	if (!renamed(v))
		return 1;
	int r = popmatch_run(&m, &v->fresh, &matched, err);
	for (size_t i = 0; i < matched.n; i++)
		uidset_add(&v->done, matched.p[i]);
	uidset_sort(&v->done);
	uidset_free(&matched);
	return r;
}

/* The messages to be fetched, which the caller frees. */
static const struct popmail **wanted(const struct popvisit *v, size_t *n_out)
{
	const struct popmail **want = err_alloc((v->drop.n + 1) * sizeof *want);
	size_t n = 0;
	for (size_t i = 0; i < v->drop.n; i++) {
		const struct popmail *m = &v->drop.mails[i];
		if (uidset_find(&v->c->spoilt, m->uid) < 0 &&
		    (m->doubtful || uidset_find(&v->done, m->uid) < 0))
			want[n++] = m;
	}
	*n_out = n;
	return want;
}

static int fetch_missing(struct popvisit *v, struct err *err)
{
	size_t n;
	const struct popmail **want = wanted(v, &n);
	struct feed_record plan = {.type = FEED_PLAN, .size = n};
	int r = n ? feed_put(v->c->feed, &plan, err) : 1;
	if (r == 1 && n)
		r = popfetch_run(v->c, want, n, err);
	free(want);
	return r;
}

/* A dry run ends here. */
static int would_fetch(struct popvisit *v, struct err *err)
{
	size_t n;
	const struct popmail **want = wanted(v, &n);
	struct feed_record r = {.type = FEED_WOULD, .size = n};
	for (size_t i = 0; i < n; i++)
		r.modseq += want[i]->size;
	free(want);
	return feed_put(v->c->feed, &r, err);
}

static int run(struct popvisit *v, struct err *err)
{
	static int (*const step[])(struct popvisit *, struct err *) = {
		ask_archive, ask_names, list, number, vanished, match_old, fetch_missing,
	};
	for (size_t i = 0; i < sizeof step / sizeof *step; i++) {
		if (v->c->ac->dry && i == DRY_STEPS)
			return would_fetch(v, err);
		int r = step[i](v, err);
		if (r < 1)
			return r;
	}
	struct feed_record seen = {.type = FEED_SEEN, .uid = v->names.next, .size = v->drop.n,
				   .kind = v->drop.whole};
	return feed_put(v->c->feed, &seen, err);
}

int popvisit_run(struct popfetch_ctx *c, struct err *err)
{
	struct popvisit v = {.c = c};
	int r = run(&v, err);
	popdrop_free(&v.drop);
	popnames_free(&v.names);
	uidset_free(&v.done);
	uidset_free(&v.present);
	uidset_free(&v.seen);
	uidset_free(&v.fresh);
	return r;
}
