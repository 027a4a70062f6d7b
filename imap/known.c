#include "known.h"

#include "pack.h"

#include <stdlib.h>

void known_put(struct buf *out, const struct known_epoch *e)
{
	pack_i64(out, e->e.id);
	pack_u64(out, e->e.uidvalidity);
	pack_u64(out, e->e.uidnext);
	pack_u64(out, e->e.highestmodseq);
	pack_u64(out, e->e.messages);
	pack_i64(out, e->e.listed);
	pack_str(out, e->e.mailboxid);
	pack_u64(out, e->waiting);
	pack_u64(out, (e->due ? 1u : 0u) | (e->stale ? 2u : 0u));
}

int known_get(struct str list, struct known_epoch *e)
{
	uint64_t uidvalidity, uidnext, bits;
	if (!pack_get_i64(&list, &e->e.id) || !pack_get_u64(&list, &uidvalidity) ||
	    !pack_get_u64(&list, &uidnext) || !pack_get_u64(&list, &e->e.highestmodseq) ||
	    !pack_get_u64(&list, &e->e.messages) || !pack_get_i64(&list, &e->e.listed) ||
	    !pack_get_str(&list, &e->e.mailboxid) || !pack_get_u64(&list, &e->waiting) ||
	    !pack_get_u64(&list, &bits) || list.n)
		return 0;
	e->e.uidvalidity = (uint32_t)uidvalidity;
	e->e.uidnext = (uint32_t)uidnext;
	e->due = bits & 1;
	e->stale = bits & 2;
	return 1;
}

static int by_name(const void *a, const void *b)
{
	const struct known_epoch *x = a, *y = b;
	int order = str_cmp(x->e.mailbox, y->e.mailbox);
	if (order)
		return order;
	return x->e.uidvalidity < y->e.uidvalidity ? -1 : x->e.uidvalidity > y->e.uidvalidity;
}

int known_load(struct known *k, struct feed *f, struct err *err)
{
	struct feed_record r = {.type = FEED_ACCOUNT};
	*k = (struct known){0};
	if (feed_put(f, &r, err) < 0)
		return -1;
	for (;;) {
		struct known_epoch e = {.waiting = 0};
		if (feed_answer(f, &r, err) < 0)
			return -1;
		if (r.type == FEED_STATE && r.text.n == 0)
			break;
		if (r.type != FEED_STATE || !known_get(r.list, &e))
			return err_set(err, ERR_BROKEN,
				       "the harvest's parent process sent a malformed record");
		e.e.mailbox = arena_str(&k->arena, r.text);
		e.e.mailboxid = arena_str(&k->arena, e.e.mailboxid);
		k->list = arena_grow(&k->arena, k->list, k->n, sizeof *k->list);
		k->list[k->n++] = e;
	}
	if (k->n)
		qsort(k->list, k->n, sizeof *k->list, by_name);
	return 1;
}

void known_free(struct known *k)
{
	arena_free(&k->arena);
	*k = (struct known){0};
}

/* Place of the first epoch whose mailbox is not below that name. */
static size_t lower(const struct known *k, struct str mailbox)
{
	size_t lo = 0, hi = k->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (str_cmp(k->list[mid].e.mailbox, mailbox) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct known_epoch *known_find(const struct known *k, struct str mailbox,
				     uint32_t uidvalidity)
{
	for (size_t i = lower(k, mailbox); i < k->n && str_eq(k->list[i].e.mailbox, mailbox); i++)
		if (k->list[i].e.uidvalidity == uidvalidity)
			return &k->list[i];
	return NULL;
}

const struct known_epoch *known_same(const struct known *k, const struct boxes_item *box)
{
	const struct imapparse_mailbox *s = &box->status;
	if (!box->has_status || box->ambiguous || !s->has_modseq || s->modseq == 0 ||
	    s->uidnext == 0)
		return NULL;
	const struct known_epoch *e = known_find(k, box->name, s->uidvalidity);
	if (e == NULL || e->due || e->stale || e->e.highestmodseq != s->modseq ||
	    e->e.uidnext != s->uidnext || e->e.messages != s->messages)
		return NULL;
	return e;
}
