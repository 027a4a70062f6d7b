#include "popnames.h"

#include "popdrop.h"

#include <stdlib.h>

struct popnames_entry {
	struct str name;
	uint32_t uid;
};

void popnames_add(struct popnames *p, uint32_t uid, struct str name)
{
	p->list = arena_grow(&p->arena, p->list, p->n, sizeof *p->list);
	p->list[p->n++] = (struct popnames_entry){arena_str(&p->arena, name), uid};
	p->uidl |= !popdrop_made(name);
}

static int by_name(const void *a, const void *b)
{
	const struct popnames_entry *x = a, *y = b;
	int order = str_cmp(x->name, y->name);
	return order ? order : x->uid < y->uid ? -1 : x->uid > y->uid;
}

void popnames_sort(struct popnames *p)
{
	if (p->n)
		qsort(p->list, p->n, sizeof *p->list, by_name);
}

/* The UID of a name, 0: it is new. Of several the highest. */
static uint32_t uid_of(const struct popnames *p, struct str name)
{
	size_t lo = 0, hi = p->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (str_cmp(p->list[mid].name, name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && str_eq(p->list[lo - 1].name, name) ? p->list[lo - 1].uid : 0;
}

static int by_uid(const void *a, const void *b)
{
	const struct popmail *x = a, *y = b;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

int popnames_number(struct popnames *p, struct popmail *mails, size_t n, struct uidset *seen,
		    struct uidset *fresh)
{
	for (size_t i = 0; i < n; i++) {
		struct popmail *m = &mails[i];
		m->uid = uid_of(p, m->name);
		if (m->uid == 0 && p->next == UINT32_MAX)
			return 0;
		if (m->uid == 0) {
			m->uid = p->next++;
			uidset_add(fresh, m->uid);
		}
		uidset_add(seen, m->uid);
	}
	uidset_sort(seen);
	if (n)
		qsort(mails, n, sizeof *mails, by_uid);
	return 1;
}

void popnames_free(struct popnames *p)
{
	arena_free(&p->arena);
	*p = (struct popnames){0};
}
