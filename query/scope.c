#include "scope.h"

bool scope_fits(struct str pattern, struct str name)
{
	if (str_ieq(name, STR("INBOX")) && str_ieq(pattern, name))
		return true;
	return str_eq(pattern, name) || str_glob(pattern, name);
}

/* `name` behind `base` and a delimiter; NULL when it is not below it. */
static const char *below(struct str base, struct str name, char delimiter)
{
	struct str top = str_cut(name, 0, base.n);
	bool same = str_eq(top, base) || (str_ieq(top, base) && str_ieq(base, STR("INBOX")));
	return same && name.n > base.n && name.p[base.n] == delimiter ? name.p + base.n + 1 : NULL;
}

bool scope_fits_mailbox(const struct scope *s, size_t i, struct str pattern)
{
	struct str name = s->epochs[i].mailbox, base = pattern;
	bool all = str_starts(pattern, STR(SCOPE_SUBTREE));
	if (all)
		base = str_cut(pattern, strlen(SCOPE_SUBTREE), pattern.n);
	else if (str_starts(pattern, STR(SCOPE_SUBTREE_ONE)))
		base = str_cut(pattern, strlen(SCOPE_SUBTREE_ONE), pattern.n);
	if (base.p == pattern.p || scope_fits(base, name))
		return scope_fits(base, name);
	const char *rest = below(base, name, s->delimiter[i]);
	return rest != NULL &&
	       (all || memchr(rest, s->delimiter[i], (size_t)(name.p + name.n - rest)) == NULL);
}

/* An archive does not know the delimiter of a hierarchy: it is '/' where any mailbox of the
 * account has one in its name, else '.'. */
static void find_delimiters(struct scope *s)
{
	for (size_t i = 0, first = 0; i < s->n_epochs; i++) {
		if (!str_eq(s->epochs[i].account, s->epochs[first].account))
			first = i;
		if (i == first)
			s->delimiter[i] = '.';
		if (str_chr(s->epochs[i].mailbox, '/') >= 0)
			s->delimiter[first] = '/';
	}
	for (size_t i = 1; i < s->n_epochs; i++)
		if (str_eq(s->epochs[i].account, s->epochs[i - 1].account))
			s->delimiter[i] = s->delimiter[i - 1];
}

/* Epochs are ordered by account and mailbox, so those of one mailbox stand together. */
static bool same_mailbox(const struct archive_epoch *x, const struct archive_epoch *y)
{
	return str_eq(x->account, y->account) && str_eq(x->mailbox, y->mailbox);
}

/* Ids that are far larger than their number are looked for one by one. */
static void find_places(struct scope *s)
{
	int64_t most = 0;
	for (size_t i = 0; i < s->n_epochs; i++)
		most = s->epochs[i].id > most ? s->epochs[i].id : most;
	if (most > 1024 + 8 * (int64_t)s->n_epochs)
		return;
	s->n_places = (size_t)most + 1;
	s->place = arena_alloc(s->a, s->n_places * sizeof *s->place);
	for (size_t i = 0; i < s->n_epochs; i++)
		if (s->epochs[i].id >= 0)
			s->place[s->epochs[i].id] = (uint32_t)i + 1;
}

int scope_open(struct scope *s, struct archive *ar, struct arena *a, struct str account,
	       struct str mailbox, struct err *err)
{
	*s = (struct scope){.ar = ar, .a = a};
	if (archive_epochs(ar, a, &s->epochs, &s->n_epochs, err) < 0)
		return -1;
	s->in = arena_alloc(a, s->n_epochs * sizeof *s->in + 1);
	s->newest_run = arena_alloc(a, s->n_epochs * sizeof *s->newest_run + 1);
	s->delimiter = arena_alloc(a, s->n_epochs + 1);
	find_places(s);
	find_delimiters(s);
	for (size_t i = 0, first = 0; i < s->n_epochs; i++) {
		const struct archive_epoch *e = &s->epochs[i];
		if (!same_mailbox(e, &s->epochs[first]))
			first = i;
		s->in[i] = (account.n == 0 || scope_fits(account, e->account)) &&
			   (mailbox.n == 0 || scope_fits_mailbox(s, i, mailbox));
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

void scope_limit(struct scope *s, const struct rights *r)
{
	s->limited = r->some;
	for (size_t i = 0, first = 0; i < s->n_epochs; i++) {
		if (!same_mailbox(&s->epochs[i], &s->epochs[first]))
			first = i;
		if (!s->in[i] || rights_account(r, s->epochs[i].account))
			continue;
		s->in[i] = false;
		s->n_in--;
		s->n_mailboxes -= first == i;
	}
}

struct str scope_condition(const struct scope *s)
{
	struct str text = rights_condition(s->a, s->epochs, s->n_epochs, s->in);
	return s->present ? arena_fmt(s->a, "%s AND vanished = 0", text.p) : text;
}

bool scope_is_all(const struct scope *s)
{
	return s->n_in == s->n_epochs && !s->present && !s->limited;
}

ptrdiff_t scope_find(const struct scope *s, int64_t epoch)
{
	if (epoch >= 0 && (uint64_t)epoch < s->n_places)
		return (ptrdiff_t)s->place[epoch] - 1;
	for (size_t i = 0; i < s->n_epochs; i++)
		if (s->epochs[i].id == epoch)
			return (ptrdiff_t)i;
	return -1;
}

/* Both ends with '*' replaced by `last`, in order. */
static struct qnode_range resolved(struct qnode_range r, uint32_t last)
{
	if (r.lo == QNODE_STAR)
		r.lo = last;
	if (r.hi == QNODE_STAR)
		r.hi = last;
	return r.lo <= r.hi ? r : (struct qnode_range){r.hi, r.lo};
}

/* A UID range as it stands; a range of sequence numbers as the UIDs at its ends. false: empty. */
static bool to_uids(const struct qnode *q, struct qnode_range *r, const uint32_t *uids, size_t n)
{
	bool star = r->hi == QNODE_STAR;
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
