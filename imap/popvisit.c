#include "popvisit.h"

#include "log.h"
#include "pack.h"
#include "popdrop.h"
#include "popmatch.h"
#include "rematch.h"

#include <stdlib.h>

#define DRY_STEPS 4 /* ask_archive, ask_names, list, number */

/* A name the archive knows. */
struct namesake {
	struct str name;
	uint32_t uid;
};

struct popvisit {
	struct popfetch_ctx *c;
	struct arena arena;          /* of the names */
	struct namesake *names;      /* by name, UID */
	size_t n_names;
	bool named;                  /* some are UIDLs */
	uint32_t next;               /* UID */
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
		v->names = arena_grow(&v->arena, v->names, v->n_names, sizeof *v->names);
		v->names[v->n_names++] = (struct namesake){arena_str(&v->arena, name),
							   (uint32_t)uid};
		v->named |= !popdrop_made(name);
	}
	return 1;
}

static int by_name(const void *a, const void *b)
{
	const struct namesake *x = a, *y = b;
	int order = str_cmp(x->name, y->name);
	return order ? order : x->uid < y->uid ? -1 : x->uid > y->uid;
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
	v->next = r.uid;
	if (v->n_names)
		qsort(v->names, v->n_names, sizeof *v->names, by_name);
	return 1;
}

/* The UID of a name, 0: it is new. Of several the highest. */
static uint32_t uid_of(const struct popvisit *v, struct str name)
{
	size_t lo = 0, hi = v->n_names;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (str_cmp(v->names[mid].name, name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && str_eq(v->names[lo - 1].name, name) ? v->names[lo - 1].uid : 0;
}

/* ---- what the server has ---- */

static int list(struct popvisit *v, struct err *err)
{
	return popdrop_list(&v->drop, v->c, v->named, err);
}

static int by_uid(const void *a, const void *b)
{
	const struct popmail *x = a, *y = b;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* Gives each message its UID; from now on they are in the order of these. */
static int number(struct popvisit *v, struct err *err)
{
	for (size_t i = 0; i < v->drop.n; i++) {
		struct popmail *m = &v->drop.mails[i];
		m->uid = uid_of(v, m->name);
		if (m->uid == 0 && v->next == UINT32_MAX)
			return err_set(err, ERR_BROKEN, "no UID is left in the mailbox");
		if (m->uid == 0) {
			m->uid = v->next++;
			uidset_add(&v->fresh, m->uid);
		}
		uidset_add(&v->seen, m->uid);
	}
	uidset_sort(&v->seen);
	if (v->drop.n)
		qsort(v->drop.mails, v->drop.n, sizeof *v->drop.mails, by_uid);
	return 1;
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
	struct feed_record seen = {.type = FEED_SEEN, .uid = v->next, .size = v->drop.n,
				   .kind = v->drop.whole};
	return feed_put(v->c->feed, &seen, err);
}

int popvisit_run(struct popfetch_ctx *c, struct err *err)
{
	struct popvisit v = {.c = c};
	int r = run(&v, err);
	popdrop_free(&v.drop);
	arena_free(&v.arena);
	uidset_free(&v.done);
	uidset_free(&v.present);
	uidset_free(&v.seen);
	uidset_free(&v.fresh);
	return r;
}
