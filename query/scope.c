#include "scope.h"

bool scope_fits(struct str pattern, struct str name)
{
	if (str_ieq(name, STR("INBOX")) && str_ieq(pattern, name))
		return true;
	return str_eq(pattern, name) || str_glob(pattern, name);
}

/* Epochs are ordered by account and mailbox, so those of one mailbox stand together. */
static bool same_mailbox(const struct archive_epoch *x, const struct archive_epoch *y)
{
	return str_eq(x->account, y->account) && str_eq(x->mailbox, y->mailbox);
}

int scope_open(struct scope *s, struct archive *ar, struct arena *a, struct str account,
	       struct str mailbox, struct err *err)
{
	*s = (struct scope){.ar = ar, .a = a};
	if (archive_epochs(ar, a, &s->epochs, &s->n_epochs, err) < 0)
		return -1;
	s->in = arena_alloc(a, s->n_epochs * sizeof *s->in + 1);
	s->newest_run = arena_alloc(a, s->n_epochs * sizeof *s->newest_run + 1);
	for (size_t i = 0, first = 0; i < s->n_epochs; i++) {
		const struct archive_epoch *e = &s->epochs[i];
		if (!same_mailbox(e, &s->epochs[first]))
			first = i;
		s->in[i] = (account.n == 0 || scope_fits(account, e->account)) &&
			   (mailbox.n == 0 || scope_fits(mailbox, e->mailbox));
		s->n_in += s->in[i];
		s->n_mailboxes += s->in[i] && first == i;
		s->newest_run[i] = e->run;
		for (size_t j = first; j < i; j++) {
			if (s->newest_run[j] > s->newest_run[i])
				s->newest_run[i] = s->newest_run[j];
			s->newest_run[j] = s->newest_run[i];
		}
	}
	return 1;
}

bool scope_is_all(const struct scope *s)
{
	return s->n_in == s->n_epochs;
}

ptrdiff_t scope_find(const struct scope *s, int64_t epoch)
{
	for (size_t i = 0; i < s->n_epochs; i++)
		if (s->epochs[i].id == epoch)
			return (ptrdiff_t)i;
	return -1;
}

/* Both ends with '*' replaced by `last`, in order. */
static struct qnode_range resolved(struct qnode_range r, uint32_t last)
{
	if (r.lo == UINT32_MAX)
		r.lo = last;
	if (r.hi == UINT32_MAX)
		r.hi = last;
	return r.lo <= r.hi ? r : (struct qnode_range){r.hi, r.lo};
}

/* A UID range as it stands; a range of sequence numbers as the UIDs at its ends. false: empty. */
static bool to_uids(const struct qnode *q, struct qnode_range *r, const uint32_t *uids, size_t n)
{
	bool star = r->hi == UINT32_MAX;
	if (star && n == 0)
		return false;
	if (q->kind == QNODE_UID) {
		*r = resolved(*r, n > 0 ? uids[n - 1] : 0);
		return true;
	}
	*r = resolved(*r, (uint32_t)n);
	if (r->lo > n || n == 0)
		return false;
	r->lo = uids[r->lo - 1];
	r->hi = uids[(r->hi < n ? r->hi : n) - 1];
	return true;
}

int scope_sets(const struct scope *s, const struct qnode *q, const struct scope_set **out,
	       size_t *n_out, struct err *err)
{
	struct scope_set *sets = arena_alloc(s->a, (s->n_in + 1) * sizeof *sets);
	size_t n_sets = 0;
	for (size_t i = 0; i < s->n_epochs; i++) {
		const uint32_t *uids;
		size_t n_uids, n = 0;
		if (!s->in[i])
			continue;
		if (archive_present(s->ar, s->a, s->epochs[i].id, &uids, &n_uids, err) < 0)
			return -1;
		struct qnode_range *r = arena_alloc(s->a, q->n_ranges * sizeof *r);
		for (size_t j = 0; j < q->n_ranges; j++) {
			r[n] = q->ranges[j];
			n += to_uids(q, &r[n], uids, n_uids);
		}
		sets[n_sets++] = (struct scope_set){s->epochs[i].id, r, n};
	}
	*out = sets;
	*n_out = n_sets;
	return 1;
}
