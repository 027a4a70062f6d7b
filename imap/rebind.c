#include "rebind.h"

#include "pack.h"

#define BASIS_ID STR("emailid")
#define BASIS_HEADERS STR("headers")
#define BASIS_RENAMED STR("renamed")

struct rebind_offer {
	struct archive_copy copy; /* its message: the one proposed, 0: none */
	bool seen;                /* it was fetched and is that message */
};

/* The epoch that r names, of the same account. 1; 0; -1. */
static int find_old(struct rebind *b, const struct archive_epoch *epoch,
		    const struct feed_record *r, struct err *err)
{
	const struct archive_epoch *list;
	struct arena a = {0};
	size_t n;
	int ok = archive_epochs(b->ar, &a, &list, &n, err);
	for (size_t i = 0; ok == 1 && i < n; i++)
		if (list[i].id != epoch->id && str_eq(list[i].account, epoch->account) &&
		    str_eq(list[i].mailbox, r->text) &&
		    (r->uid == 0 || list[i].uidvalidity == r->uid))
			b->old = list[i].id;
	arena_free(&a);
	return ok < 0 ? -1 : b->old != 0;
}

int rebind_open(struct rebind *b, struct archive *ar, const struct archive_epoch *epoch,
		const struct feed_record *r, struct err *err)
{
	*b = (struct rebind){.ar = ar, .how = (enum rebind_how)r->kind};
	if (b->how == REBIND_NAMES)
		return twins_open(&b->twins, ar, epoch->account, r->text, 0, err);
	int ok = find_old(b, epoch, r, err);
	if (ok < 1)
		return ok;
	return twins_open(&b->twins, ar, epoch->account, r->text, epoch->id, err);
}

void rebind_close(struct rebind *b)
{
	twins_close(&b->twins);
	arena_free(&b->arena);
	*b = (struct rebind){0};
}

static int propose(struct rebind *b, struct archive_copy *c, const struct twins_clue *clue,
		   struct err *err)
{
	bool by_id = false;
	int r;
	if (b->how == REBIND_RENAMED)
		r = twins_at(b->twins, b->old, c->uid, clue, &c->message, err);
	else
		r = twins_find(b->twins, clue, &c->message, &by_id, err);
	if (r == 0)
		c->message = 0;
	c->basis = b->how == REBIND_RENAMED ? BASIS_RENAMED : by_id ? BASIS_ID : BASIS_HEADERS;
	return r < 0 ? -1 : 1;
}

int rebind_offer(struct rebind *b, const struct feed_record *r, struct err *err)
{
	struct str ids = r->list, emailid;
	struct twins_clue clue = {.internaldate = r->date, .size = r->size};
	uint64_t has_sum;
	int64_t savedate;
	if (b->twins == NULL || b->n == REBIND_WINDOW || r->uid == 0 || r->text.n > 4000 ||
	    !pack_get_str(&ids, &emailid) || !pack_get_i64(&ids, &savedate) ||
	    !pack_get_u64(&ids, &has_sum) || !pack_get_u64(&ids, &clue.sum) ||
	    emailid.n > 255 || savedate < 0)
		return 0;
	clue.has_sum = has_sum;
	clue.any_size = b->how == REBIND_NAMES;
	clue.emailid = emailid;
	b->list = arena_grow(&b->arena, b->list, b->n, sizeof *b->list);
	struct rebind_offer *o = &b->list[b->n++];
	*o = (struct rebind_offer){.copy = {
		.uid = r->uid, .internaldate = r->date, .zone = r->zone, .flags = r->flags,
		.keywords = arena_str(&b->arena, r->text), .modseq = r->modseq,
		.emailid = arena_str(&b->arena, emailid), .savedate = savedate,
	}};
	return propose(b, &o->copy, &clue, err);
}

void rebind_proposed(const struct rebind *b, struct uidset *out)
{
	for (size_t i = 0; i < b->n && !b->distrusted; i++)
		if (b->list[i].copy.message)
			uidset_add(out, b->list[i].copy.uid);
	uidset_sort(out);
}

void rebind_fetched(struct rebind *b, uint32_t uid, uint64_t message)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->list[i].copy.uid != uid || b->list[i].copy.message == 0)
			continue;
		b->list[i].seen = b->list[i].copy.message == message;
		b->distrusted |= !b->list[i].seen;
	}
}

/* Was all of the sample fetched, and was it what was proposed? */
static bool sample_holds(const struct rebind *b, const struct uidset *sample)
{
	size_t seen = 0;
	for (size_t i = 0; i < b->n; i++)
		seen += b->list[i].seen && uidset_find(sample, b->list[i].copy.uid) >= 0;
	return !b->distrusted && seen == sample->n &&
	       (sample->n || b->how == REBIND_RENAMED);
}

/* A mailbox that was renamed is no longer there under its old name. */
static int leave_old(struct rebind *b, const struct uidset *moved, struct err *err)
{
	if (b->how != REBIND_RENAMED || moved->n == 0)
		return 1;
	return archive_vanished(b->ar, b->old, moved->p, moved->n, err);
}

int rebind_bind(struct rebind *b, const struct archive_epoch *epoch, int64_t run,
		const struct uidset *sample, struct uidset *out, struct err *err)
{
	size_t proposed = 0;
	int r = 1;
	for (size_t i = 0; i < b->n; i++)
		proposed += b->list[i].copy.message != 0;
	if (proposed && sample_holds(b, sample))
		for (size_t i = 0; r >= 0 && i < b->n; i++) {
			struct archive_copy *c = &b->list[i].copy;
			if (c->message == 0 || b->list[i].seen)
				continue;
			c->epoch = epoch->id;
			c->run = run;
			r = archive_link(b->ar, c, err);
			if (r == -1 && err->kind == ERR_INPUT)
				r = 0; /* this one is fetched */
			else if (r >= 0)
				uidset_add(out, c->uid);
		}
	else if (proposed)
		b->distrusted = true;
	uidset_sort(out);
	arena_reset(&b->arena);
	b->list = NULL;
	b->n = 0;
	return r < 0 ? -1 : leave_old(b, out, err);
}
