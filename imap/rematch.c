#define _GNU_SOURCE
#include "rematch.h"

#include "headsum.h"
#include "pack.h"

#include <stdlib.h>

/* ---- offers ---- */

int rematch_offer(struct feed *f, const struct imapparse_fetch *got, struct err *err)
{
	struct feed_record r = {
		.type = FEED_OFFER, .uid = got->uid, .flags = got->flags, .date = got->date,
		.zone = got->zone, .modseq = got->modseq, .size = got->size, .text = got->keywords,
	};
	struct buf ids;
	uint64_t sum = 0;
	buf_init(&ids, 1024);
	pack_str(&ids, got->emailid);
	pack_i64(&ids, got->savedate);
	pack_u64(&ids, got->has_header && headsum_of(got->header, &sum));
	pack_u64(&ids, sum);
	r.list = buf_all(&ids);
	int ok = feed_put(f, &r, err);
	buf_free(&ids);
	return ok;
}

/* ---- a window ---- */

static int answer(struct feed *f, enum feed_type ask, const struct uidset *with,
		  enum feed_type want, struct uidset *out, struct err *err)
{
	struct feed_record r = {.type = ask};
	struct buf list;
	buf_init(&list, FEED_MAX / 4);
	uidset_pack(with->p, with->n, &list);
	r.list = buf_all(&list);
	int ok = feed_put(f, &r, err);
	buf_free(&list);
	if (ok == 1)
		ok = feed_answer(f, &r, err);
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
	struct uidset none = {0}, proposed = {0}, sample = {0}, bound = {0};
	int r = m->offer(m->arg, uids, n, err);
	if (r >= 0 && answer(m->feed, FEED_MATCH, &none, FEED_MATCHED, &proposed, err) < 0)
		r = -1;
	if (m->how != REBIND_RENAMED)
		pick_sample(&proposed, &sample);
	if (r == 1 && sample.n)
		r = m->fetch(m->arg, &sample, err);
	if (r == 1)
		r = answer(m->feed, FEED_BIND, &sample, FEED_BOUND, &bound, err);
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
	struct feed_record seek = {
		.type = FEED_SEEK, .kind = m->how, .text = m->mailbox, .uid = m->uidvalidity,
	};
	int r = feed_put(m->feed, &seek, err);
	for (size_t i = 0; r == 1 && i < m->want->n; i += REBIND_WINDOW) {
		size_t left = m->want->n - i;
		r = run_window(m, m->want->p + i, left < REBIND_WINDOW ? left : REBIND_WINDOW, err);
	}
	return r < 0 ? -1 : 1;
}
