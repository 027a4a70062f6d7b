#include "popmatch.h"

#include "arrival.h"
#include "log.h"
#include "rematch.h"

#include <stdlib.h>

/* Some messages, in the order they are asked for. */
struct some {
	struct popfetch_ctx *c;
	const struct popmail **p;
	size_t n;
};

static const struct popmail *find(const struct popmatch *m, uint32_t uid)
{
	size_t lo = 0, hi = m->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (m->mails[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && m->mails[lo].uid == uid ? &m->mails[lo] : NULL;
}

static void choose(const struct popmatch *m, const uint32_t *uids, size_t n, struct some *out)
{
	*out = (struct some){.c = m->c, .p = err_alloc((n + 1) * sizeof *out->p)};
	for (size_t i = 0; i < n; i++) {
		const struct popmail *mail = find(m, uids[i]);
		if (mail)
			out->p[out->n++] = mail;
	}
}

static int take(void *arg, size_t i, struct str header, struct err *err)
{
	const struct some *x = arg;
	struct imapparse_fetch got = {
		.uid = x->p[i]->uid, .emailid = x->p[i]->name, .header = header, .has_header = true,
	};
	if (arrival_of(header, &got.date, &got.zone) == 0)
		return 1; /* it is fetched */
	return rematch_offer(x->c->feed, &got, err);
}

static int offer(void *arg, const uint32_t *uids, size_t n, struct err *err)
{
	struct some x;
	choose(arg, uids, n, &x);
	const struct popfetch_headers to = {&x, take};
	int r = popfetch_headers(x.c, x.p, x.n, &to, err);
	free(x.p);
	return r;
}

static int fetch(void *arg, const struct uidset *uids, struct err *err)
{
	struct some x;
	choose(arg, uids->p, uids->n, &x);
	int r = popfetch_run(x.c, x.p, x.n, err);
	free(x.p);
	return r;
}

int popmatch_run(struct popmatch *m, const struct uidset *want, struct uidset *done,
		 struct err *err)
{
	struct rematch x = {
		.feed = m->c->feed, .want = want, .how = REBIND_NAMES, .mailbox = m->mailbox,
		.arg = m, .offer = offer, .fetch = fetch,
	};
	int r = rematch_run(&x, err);
	if (r >= 0)
		log_line(LOG_INFO, "the server names its messages anew: %zu of %zu are known",
			 x.done.n, want->n);
	*done = x.done;
	return r;
}
